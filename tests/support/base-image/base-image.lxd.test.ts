import { execFileSync } from "node:child_process";
import { expect } from "chai";
import { reasonToSkipLxd } from "../lxd/reason-to-skip.ts";
import { ensureBaseImage } from "./ensure-base-image.ts";
import { recipeOfBaseImage } from "./recipe.ts";

const POOL = "baseimage-pool";
const BRIDGE = "baseimage-br";
// LXD finds no free subnet by itself on a machine whose routes cover all private networks.
const SUBNET = "ipv4.address=10.219.7.1/24";
const INSTANCE = "baseimage-test";
const ALIAS = "baseimage-test";

const reason = reasonToSkipLxd();
const suite = reason === undefined ? describe : describe.skip;

suite(`ensureBaseImage()${reason === undefined ? "" : ` (skipped: ${reason})`}`, function () {
  this.timeout(45 * 60_000);
  let signal: AbortSignal;

  before(async () => {
    signal = AbortSignal.timeout(45 * 60_000);
    removeAll();
    await ensureBaseImage({}, signal);
  });

  after(removeAll);

  it("finds the image that is there, and does nothing", async () => {
    const lines: string[] = [];
    const image = await ensureBaseImage({ progress: (line) => lines.push(line) }, signal);
    expect(image.done).to.equal("nothing");
    expect(lines).to.deep.equal([]);
    expect(lxc("image", "get-property", image.fingerprint, "recipe").trim()).to.equal(recipeOfBaseImage());
  });

  it("gives the image a second alias without building it again", async () => {
    const image = await ensureBaseImage({ alias: ALIAS }, signal);
    expect(image.done).to.equal("alias");
    expect(lxc("image", "list", "--format", "csv", "--columns", "F", ALIAS)).to.include(image.fingerprint);
  });

  it("makes a system that comes up whole, with a name, an address and DNS", () => {
    lxc("storage", "create", POOL, "dir");
    lxc("network", "create", BRIDGE, SUBNET, "ipv4.nat=true", "ipv6.address=none");
    lxc("launch", "-q", "github-runner-demo-base", INSTANCE, "--no-profiles", "-s", POOL, "-n", BRIDGE);
    const state = inGuest(
      "until [ -S /run/systemd/private ]; do sleep 0.05; done; systemctl is-system-running --wait || systemctl --failed",
    );
    expect(state.trim()).to.equal("running");
    expect(inGuest("hostname").trim()).to.equal(INSTANCE);
    expect(inGuest("ip -brief -4 address show eth0")).to.match(/\d+\.\d+\.\d+\.\d+\/\d+/);
    expect(inGuest("cat /etc/resolv.conf")).to.match(/^nameserver \d/m);
    expect(inGuest("sudo --user nobody sudo --version | head -1")).to.match(/^Sudo version/);
  });
});

function inGuest(script: string): string {
  return lxc("exec", INSTANCE, "--", "sh", "-c", script);
}

function lxc(...args: readonly string[]): string {
  return execFileSync("lxc", args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], timeout: 120_000 });
}

function removeAll(): void {
  const removals = [
    ["delete", "--force", INSTANCE],
    ["image", "alias", "delete", ALIAS],
    ["network", "delete", BRIDGE],
    ["storage", "delete", POOL],
  ];
  for (const removal of removals) {
    try {
      lxc(...removal);
    } catch {
      // Not there: nothing to remove.
    }
  }
}
