import { spawnSync } from "node:child_process";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { STANDARD_TOKEN } from "../support/github/http/callers.ts";
import { endToEnd, patience } from "../support/rig/end-to-end.ts";
import { Rig } from "../support/rig/rig.ts";

type Options = Readonly<Record<string, string>>;

endToEnd("input that cannot be used", () => {
  let rig: Rig;

  before(async () => {
    rig = await Rig.start({ application: "e2ebad" }, patience());
  });

  after(async () => {
    await rig.close(patience(120_000));
  });

  /** What the unit has on both sides. */
  const possessions = async () => ({
    onLxd: [...(await rig.lxd.inventory(patience()))].filter((line) => line.includes(rig.application)).sort(),
    onGithub: (await rig.registrations(patience())).map(({ name }) => name).sort(),
  });

  /** Sets options, which must change nothing and be told in the status; the hook itself must not fail. */
  const expectRefusal = async (options: Options, status: RegExp) => {
    const before = await possessions();
    await rig.configure(options, patience());
    expect(await rig.status()).to.match(status);
    expect(await possessions()).to.deep.equal(before);
  };

  /** Goes back to what works and sees that it does. */
  const expectRecovery = async (options: Options, count = 0) => {
    await rig.configure(options, patience());
    expect(await rig.status()).to.match(new RegExp(`^active: ${count} runner`));
    expect(await rig.machines(patience())).to.have.lengthOf(count);
  };

  describe("before anything is made", () => {
    it("deploys without a token and says what is missing", async () => {
      await rig.deploy({ token: "", "virtual-machines": "1" }, patience());
      expect(await rig.status()).to.match(/^blocked: token: missing; set token-secret-id to a Juju secret/);
      expect(await possessions()).to.deep.equal({ onLxd: [], onGithub: [] });
    });

    const refusals: readonly (readonly [title: string, options: Options, status: RegExp])[] = [
      ["a path that is none", { token: STANDARD_TOKEN, path: "acme/widgets/x" }, /^blocked: path: .+/],
      ["no path", { path: "" }, /^blocked: path: .+/],
      [
        "several faults, all told together",
        { path: "-", labels: "good,b@d,w orse", "vm-memory": "lots", "virtual-machines": "-1" },
        /^blocked: (?=.*\bpath: )(?=.*\blabels: .*b@d.*w orse)(?=.*\bvm-memory: )(?=.*\bvirtual-machines: )/,
      ],
      [
        "a token that GitHub does not know",
        {
          path: "acme/widgets",
          labels: "",
          "vm-memory": "1GiB",
          "virtual-machines": "1",
          token: "ghp_NobodyKnowsThisTokenAtAll000000000000",
        },
        /^blocked: Invalid token: .*\btoken\b/,
      ],
    ];
    for (const [title, options, status] of refusals) {
      it(`is refused: ${title}`, async () => {
        await expectRefusal(options, status);
      });
    }

    it("refuses a runner application whose checksum differs, and keeps nothing of it", async () => {
      await rig.github.call("set-checksum", "wrong", patience());
      await rig.configure({ token: STANDARD_TOKEN }, patience());
      expect(await rig.status()).to.match(/^blocked: .*runner application.*checksum/);
      expect(await rig.dataFiles()).to.not.match(/tar\.gz/);
      const { onLxd, onGithub } = await possessions();
      expect(onGithub).to.deep.equal([]);
      // Pool, bridge and profiles are there before what goes onto them is fetched.
      expect(onLxd.filter((line) => /^(instance|image)/.test(line))).to.deep.equal([]);
    });

    it("refuses a runner application without a checksum", async () => {
      await rig.github.call("set-checksum", "missing", patience());
      await expectRefusal({ labels: "again" }, /^blocked: .*names no checksum/);
      expect(await rig.dataFiles()).to.not.match(/tar\.gz/);
      await rig.github.call("set-checksum", "right", patience());
    });

    it("makes no runner from a base image that is not there", async () => {
      await rig.configure({ token: STANDARD_TOKEN, "base-image": "e2ebad-no-such-alias" }, patience());
      expect(await rig.status()).to.match(/^blocked: .*no image with the alias 'e2ebad-no-such-alias'/);
      expect(await rig.lxd.instances(rig.slug, patience())).to.deep.equal([]);
      expect(await rig.registrations(patience())).to.deep.equal([]);
    });

    it("works as soon as everything is right", async () => {
      await expectRecovery({ "base-image": rig.config["base-image"] ?? "" }, 1);
    });
  });

  describe("while runners are there", () => {
    it("keeps them when the token is revoked, and says so", async () => {
      await rig.github.call("revoke-token", { token: STANDARD_TOKEN }, patience());
      await expectRefusal({ "virtual-machines": "2" }, /^blocked: Invalid token/);
      // It asks GitHub nothing, and so cannot know better.
      await rig.agent.fireHook(rig.unit, "update-status", patience());
      expect(await rig.status()).to.match(/^blocked: Invalid token/);
      await rig.github.call("add-token", { token: STANDARD_TOKEN }, patience());
      await rig.reconcile(patience());
      expect(await rig.machines(patience())).to.have.lengthOf(2);
    });

    it("names the scope that a token lacks", async () => {
      const token = "ghp_MayReadPublicThingsOnly00000000000000";
      await rig.github.call("add-token", { token, scopes: ["public_repo"] }, patience());
      await expectRefusal({ token }, /^blocked: The token lacks a permission: .*\brepo\b/);
    });

    it("says that a repository is not there, or not to be seen with this token", async () => {
      await rig.github.call("hide-scope", { scope: "repos/acme/hidden" }, patience());
      await expectRefusal({ token: STANDARD_TOKEN, path: "acme/hidden" }, /^blocked: .*acme\/hidden/);
    });

    it("waits, and is not blocked, when GitHub is out of order", async () => {
      await rig.github.call(
        "add-fault",
        { route: "list-runners", times: 100, fault: { kind: "status", status: 503 } },
        patience(),
      );
      await expectRefusal({ path: "acme/widgets" }, /^waiting: /);
      await rig.github.call("clear-faults", null, patience());
      await rig.reconcile(patience());
      expect(await rig.status()).to.equal("active: 2 runners: 2 idle");
    });

    it("goes down to no runner and back", async () => {
      await expectRecovery({ "virtual-machines": "0" }, 0);
      expect(await rig.status()).to.equal("active: 0 runners");
      await expectRecovery({ "virtual-machines": "1" }, 1);
    });

    it("fails an action with the message that the status would show", async () => {
      await rig.configure({ labels: "b@d" }, patience());
      const action = await rig.agent.runAction({ unit: rig.unit, action: "check-runners" }, patience());
      expect(action).to.include({ status: "failed" });
      expect(action.message).to.match(/labels: .*b@d/);
      await expectRecovery({ labels: "" }, 1);
    });
  });

  describe("an LXD that is not there", () => {
    const sockets: readonly (readonly [
      title: string,
      make: (path: string) => Promise<unknown>,
      remedy: RegExp,
    ])[] = [
      ["no socket", () => Promise.resolve(), /does not exist; install LXD/],
      ["a socket with no listener", makeDeadSocket, /has no listener; start the LXD daemon/],
    ];
    for (const [title, make, remedy] of sockets) {
      for (const event of ["install", "reconcile-runners", "update-status", "config-changed"]) {
        it(`is told by ${event}: ${title}`, async () => {
          const path = join(rig.directory, "lxd.socket");
          await make(path);
          const before = await possessions();
          const { exitCode } = await rig.dispatch(event, patience(), { LXD_SOCKET: path });
          await rm(path, { force: true });
          expect(exitCode).to.equal(0);
          expect(await rig.status())
            .to.match(/^blocked: /)
            .and.to.match(remedy);
          expect(await possessions()).to.deep.equal(before);
        });
      }
    }

    it("is forgotten when LXD is back", async () => {
      await rig.agent.fireHook(rig.unit, "update-status", patience());
      expect(await rig.status()).to.equal("maintenance: Waiting for the next reconcile");
      await rig.reconcile(patience());
      expect(await rig.status()).to.equal("active: 1 runner: 1 idle");
    });
  });

  describe("all along", () => {
    it("asks GitHub nothing that its description does not allow", async () => {
      expect(await rig.github.call("violations", null, patience())).to.deep.equal([]);
    });
  });
});

/** Leaves a socket behind that nobody listens on, as a daemon does that was killed. */
function makeDeadSocket(path: string): Promise<void> {
  const listen = `require("node:net").createServer().listen(process.argv[1], () => process.kill(process.pid, "SIGKILL"))`;
  spawnSync(process.execPath, ["-e", listen, path]);
  return Promise.resolve();
}
