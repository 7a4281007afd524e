import { execFileSync } from "node:child_process";
import { realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { patience } from "../../../packages/lxd-client/tests/support.ts";
import { BASE_IMAGE_ALIAS, ensureBaseImage } from "../../support/base-image/ensure-base-image.ts";
import { reasonToSkipLxd } from "../../support/lxd/reason-to-skip.ts";

const ROOT = join(import.meta.dirname, "../../..");
const NAME = `fresh${process.pid.toString(36)}`;
const LIMIT_MS = 540_000;
const READY_SECONDS = 180;

const reason = reasonToSkipLxd();
const describeLxd = reason === undefined ? describe : describe.skip;

describeLxd(`A machine without LXD${reason === undefined ? "" : ` (skipped: ${reason})`}`, function () {
  this.timeout(LIMIT_MS);
  const lxc = (...words: readonly string[]) =>
    execFileSync("lxc", words, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], timeout: LIMIT_MS });
  const sh = (script: string) => lxc("exec", NAME, "--", "sh", "-ec", script);
  const unit = (verb: string) =>
    JSON.parse(sh(`cd / && /node/bin/node /repository/tests/host/fresh-machine/main.ts ${verb}`)) as unknown;
  const attempt = (...words: readonly string[]) => {
    try {
      lxc(...words);
    } catch {
      // What was never made cannot be taken away.
    }
  };

  before(async () => {
    await ensureBaseImage({}, patience(LIMIT_MS));
    const node = dirname(dirname(realpathSync(join(ROOT, "node_modules/.bin/node"))));
    lxc("storage", "create", NAME, "dir");
    lxc(
      "network",
      "create",
      NAME,
      "ipv6.address=none",
      "ipv4.nat=true",
      `ipv4.address=10.213.${process.pid % 256}.1/24`,
    );
    lxc(
      "init",
      BASE_IMAGE_ALIAS,
      NAME,
      "--storage",
      NAME,
      "--network",
      NAME,
      "--config",
      "security.nesting=true",
    );
    lxc(
      "config",
      "device",
      "add",
      NAME,
      "repository",
      "disk",
      `source=${ROOT}`,
      "path=/repository",
      "readonly=true",
    );
    lxc("config", "device", "add", NAME, "node", "disk", `source=${node}`, "path=/node", "readonly=true");
    lxc("start", NAME);
    sh(`timeout ${READY_SECONDS} sh -c 'until systemctl is-system-running --quiet; do sleep 0.2; done'`);
    // A range that lies inside of the container's own; without one the unit would add one that does not.
    sh("for file in subuid subgid; do echo root:165536:9000000 >/etc/$file; done");
  });
  after(() => {
    attempt("delete", "--force", NAME);
    attempt("network", "delete", NAME);
    attempt("storage", "delete", NAME);
  });

  it("gets Debian's package, which answers, and keeps it as it is the next time", () => {
    expect(unit("prepare")).to.deep.include({ steps: ["Installing LXD (Debian's package)"], answers: true });
    const installed = sh("dpkg-query --show lxd; systemctl show --property=MainPID lxd.service");
    expect(unit("prepare")).to.deep.include({ steps: [], answers: true });
    expect(sh("dpkg-query --show lxd; systemctl show --property=MainPID lxd.service")).to.equal(installed);
  });

  it("keeps the unit's pool in memory, and nothing of the unit once that is removed", () => {
    unit("infrastructure");
    const [kept, limits, profile] = [
      "findmnt --noheadings --output FSTYPE /var/lib/github-runner/fresh-0/memory",
      "ls /etc/sysctl.d /etc/modules-load.d | grep github-runner | sort",
      "lxc profile show default",
    ].map(sh);
    expect(kept?.trim()).to.equal("tmpfs");
    expect(limits?.trim().split("\n")).to.deep.equal([
      "60-github-runner-fresh-0.conf",
      "github-runner-fresh-0.conf",
    ]);
    expect(profile).to.match(/devices: {}/);
    unit("remove");
    expect(sh("find /etc/sysctl.d /etc/modules-load.d -name '*github-runner*'")).to.equal("");
    expect(sh("find /var/lib/github-runner -type f; grep github-runner /proc/mounts || true")).to.equal("");
    expect(sh("lxc storage list --format csv; lxc network list --format csv | grep ghr- || true")).to.equal(
      "",
    );
  });

  it("has an LXD started again that was stopped", () => {
    sh("systemctl stop lxd.socket lxd.service");
    expect(unit("prepare")).to.deep.include({ steps: ["Starting LXD"], answers: true });
  });
});
