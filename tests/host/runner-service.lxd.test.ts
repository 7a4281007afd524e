import { execFileSync } from "node:child_process";
import { readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { patience } from "../../packages/lxd-client/tests/support.ts";
import { BASE_IMAGE_ALIAS, ensureBaseImage } from "../support/base-image/ensure-base-image.ts";
import { reasonToSkipLxd } from "../support/lxd/reason-to-skip.ts";

const ROOT = join(import.meta.dirname, "../..");
const NAME = `rsvc${process.pid.toString(36)}`;
const LIMIT_MS = 720_000;
const SERVICE = "fleet-0-runners.service";

const reason = reasonToSkipLxd();
const describeLxd = reason === undefined ? describe : describe.skip;

describeLxd(
  `The runner service under systemd${reason === undefined ? "" : ` (skipped: ${reason})`}`,
  function () {
    this.timeout(LIMIT_MS);
    const lxc = (...words: readonly string[]) =>
      execFileSync("lxc", words, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], timeout: LIMIT_MS });
    const sh = (script: string) => lxc("exec", NAME, "--", "sh", "-ec", script);
    const attempt = (...words: readonly string[]) => {
      try {
        lxc(...words);
      } catch {
        // What was never made cannot be taken away.
      }
    };
    const drive = (...words: readonly string[]) =>
      JSON.parse(
        sh(`cd / && /node/bin/node /repository/tests/host/runner-service-driver.ts ${words.join(" ")}`),
      ) as unknown;
    const property = (name: string) => sh(`systemctl show --property=${name} --value ${SERVICE}`).trim();
    const until = (condition: string) => sh(`timeout 450 sh -c 'until ${condition}; do sleep 0.5; done'`);
    const isUp = `systemctl is-active --quiet ${SERVICE} && test -S /var/lib/github-runner/fleet-0/service.sock`;
    const booted = () => {
      // Without a network, not all of the system's own services start.
      sh(
        "timeout 180 sh -c 'until systemctl is-system-running | grep -Eqx \"running|degraded\"; do sleep 0.5; done'",
      );
    };

    before(async () => {
      await ensureBaseImage({}, patience(LIMIT_MS));
      const node = dirname(dirname(realpathSync(join(ROOT, "node_modules/.bin/node"))));
      lxc("storage", "create", NAME, "dir");
      lxc("init", BASE_IMAGE_ALIAS, NAME, "--storage", NAME);
      const mount = (device: string, source: string, path: string) =>
        lxc(
          "config",
          "device",
          "add",
          NAME,
          device,
          "disk",
          `source=${source}`,
          `path=${path}`,
          "readonly=true",
        );
      mount("repository", ROOT, "/repository");
      mount("node", node, "/node");
      lxc("start", NAME);
      booted();
      sh("mkdir -p /var/lib/github-runner/fleet-0");
    });
    after(() => {
      attempt("delete", "--force", NAME);
      attempt("storage", "delete", NAME);
    });

    it("starts, tells systemd when it is ready, and is left alone by later hooks", () => {
      expect(drive("ensure", "/repository/src/service.ts")).to.equal("started");
      until(isUp);
      const pid = property("MainPID");
      expect(drive("ensure", "/repository/src/service.ts")).to.equal("running");
      expect(property("MainPID")).to.equal(pid);
      expect(property("StatusErrno")).to.equal("0");
    });

    it("has its name in its lines of the log", () => {
      expect(sh("journalctl --identifier=fleet-0-runners --output=cat")).to.contain(
        "WARNING Cannot apply settings",
      );
      expect(sh(`journalctl --unit=${SERVICE} --identifier=node --output=cat || true`).trim()).to.match(
        /^(?:-- No entries --)?$/,
      );
    });

    it("is started again after it was killed, and after a hang, by systemd's watchdog", () => {
      const quicker = `/run/systemd/system/${SERVICE}.d`;
      sh(
        `mkdir -p ${quicker}; printf '[Service]\\nWatchdogSec=45\\n' >${quicker}/quicker.conf; systemctl daemon-reload`,
      );
      for (const signal of ["KILL", "STOP"]) {
        const pid = property("MainPID");
        sh(`kill -${signal} ${pid}`);
        until(`[ "$(systemctl show --property=MainPID --value ${SERVICE})" != ${pid} ] && ${isUp}`);
      }
      expect(sh(`journalctl --unit=${SERVICE} --output=cat --grep=[Ww]atchdog`)).to.match(/watchdog/i);
    });

    it("is started anew for another program at its path, and for another path", () => {
      const first = property("MainPID");
      drive("restart");
      until(`[ "$(systemctl show --property=MainPID --value ${SERVICE})" != ${first} ] && ${isUp}`);
      const second = property("MainPID");
      expect(drive("ensure", "/repository/./src/service.ts")).to.equal("started");
      until(`[ "$(systemctl show --property=MainPID --value ${SERVICE})" != ${second} ] && ${isUp}`);
    });

    it("comes back after a reboot", () => {
      lxc("restart", NAME);
      booted();
      until(isUp);
    });

    it("keeps below its memory, and does nothing while it has no settings", () => {
      const pid = property("MainPID");
      const ticks = () =>
        Number(sh(`cut -d ' ' -f 14 /proc/${pid}/stat`)) + Number(sh(`cut -d ' ' -f 15 /proc/${pid}/stat`));
      const resident = Number(/VmRSS:\s+(\d+) kB/.exec(sh(`cat /proc/${pid}/status`))?.[1]);
      expect(resident / 1024).to.be.lessThan(200);
      const before = ticks();
      sh("sleep 5");
      // A hundredth of a second each.
      expect(ticks() - before).to.be.lessThan(25);
    });

    it("may do within the limits of its service what its work needs, and LXD sees its mounts", () => {
      drive("ensure", "/repository/tests/host/runner-service-probe.ts");
      until("test -s /var/lib/github-runner/probe.json");
      const { namespaces, ...allowed } = JSON.parse(sh("cat /var/lib/github-runner/probe.json")) as Record<
        string,
        string
      >;
      expect(allowed).to.deep.equal({
        ...{ mount: "done", firewall: "done", links: "done", owner: "done", sysctl: "done", units: "done" },
        ...{ privileges: "done", surplus: "", core: "0", umask: "0022" },
      });
      expect(sh("findmnt --noheadings --output=FSTYPE /var/lib/github-runner/probe-share").trim()).to.equal(
        "tmpfs",
      );
      expect(namespaces).to.match(/not permitted/);
    });

    it("is exposed no more than the documentation says", () => {
      const report = sh(`systemd-analyze security --no-pager ${SERVICE}`);
      const exposure = Number(/Overall exposure level for \S+: ([\d.]+)/.exec(report)?.[1]);
      const documented = Number(
        /exposure level of (\d+\.\d+)/.exec(
          readFileSync(join(ROOT, "docs/explanation/runner-service.md"), "utf8"),
        )?.[1],
      );
      expect(exposure).to.be.at.most(documented);
    });

    it("leaves nothing when it is removed", () => {
      drive("remove");
      drive("remove");
      expect(sh(`find /etc/systemd -name '${SERVICE}'`)).to.equal("");
      expect(sh(`systemctl show --property=LoadState --value ${SERVICE}`).trim()).to.equal("not-found");
      expect(sh("pgrep -f '[s]ervice.ts|[r]unner-service-probe' || true")).to.equal("");
    });
  },
);
