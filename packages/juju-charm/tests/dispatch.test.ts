import { expect } from "chai";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  Charm,
  dispatch,
  readJujuContext,
  STATE_FILE,
  type ActionEvent,
  type CharmEvent,
  type CollectStatusEvent,
  type ExitCode,
  type Framework,
  type RelationEvent,
  type SecretEvent,
  type StateSlot,
  type Status,
  type StorageEvent,
} from "../src/index.ts";
import { CodedError } from "charm-kit";
import { FakeHookTools } from "./fake-hook-tools.ts";
import { hookEnvironment } from "./hook-environment.ts";
import { useTemporaryDirectory } from "../../../tests/support/temporary-directory.ts";

class NoRunnersError extends CodedError {
  readonly code = "no-runners";
}

const counts: StateSlot<number> = {
  name: "count",
  parse: (stored) => (typeof stored === "number" ? stored : 0),
};

/** Registers the observers of a test. */
type Observe = (framework: Framework, charm: Charm) => void;

function charmThat(observe: Observe): (framework: Framework) => Charm {
  return (framework) =>
    new (class TestCharm extends Charm {
      constructor() {
        super(framework);
        observe(framework, this);
      }
    })();
}

describe("dispatch()", () => {
  const directory = useTemporaryDirectory();

  const run = async (
    dispatchPath: string,
    create: (framework: Framework) => Charm,
    more: {
      readonly tools?: FakeHookTools;
      readonly env?: Readonly<Record<string, string>>;
      readonly signal?: AbortSignal;
      readonly uncaught?: Promise<never>;
      readonly mustBeObserved?: boolean;
    } = {},
  ): Promise<{ code: ExitCode; tools: FakeHookTools; written: string[]; errors: string[] }> => {
    const { tools = new FakeHookTools(), env = {}, signal = new AbortController().signal, ...rest } = more;
    const written: string[] = [];
    const errors: string[] = [];
    const code = await dispatch(create, {
      context: readJujuContext({ ...hookEnvironment(dispatchPath, directory.path), ...env }),
      tools,
      writeLine: (line) => void written.push(line),
      writeError: (line) => void errors.push(line),
      signal,
      ...rest,
    });
    return { code, tools, written, errors };
  };

  const stateFile = () => join(directory.path, STATE_FILE);

  describe("for an event that must be observed", () => {
    const create = charmThat((framework, charm) => {
      for (const event of ["wake", "sleep"]) framework.observe(charm.on.custom(event), () => undefined);
      framework.observe(charm.on.install, () => undefined);
      framework.observe(charm.on.collectUnitStatus, (event) => {
        event.addStatus({ name: "active", message: "" });
      });
    });

    it("returns 2, names the charm's events and does nothing when no handler observes it", async () => {
      const { code, tools, errors } = await run("hooks/wkae", create, { mustBeObserved: true });
      expect({ code, errors }).to.deep.equal({
        code: 2,
        errors: ["Cannot dispatch wkae: no handler of this charm observes it; its events are sleep, wake"],
      });
      expect(tools.statuses).to.deep.equal([]);
      expect(existsSync(stateFile())).to.be.false;
      const none = await run(
        "hooks/wkae",
        charmThat(() => undefined),
        { mustBeObserved: true },
      );
      expect(none.errors).to.deep.equal([
        "Cannot dispatch wkae: no handler of this charm observes it; it has none",
      ]);
    });

    it("runs its handlers", async () => {
      expect((await run("hooks/wake", create, { mustBeObserved: true })).code).to.equal(0);
      expect((await run("hooks/wkae", create)).code).to.equal(0);
    });
  });

  describe("for hooks", () => {
    it("calls methods and arrow properties with the right this", async () => {
      class MixedCharm extends Charm {
        readonly #word = "private";
        constructor(framework: Framework) {
          super(framework);
          // eslint-disable-next-line @typescript-eslint/unbound-method -- Charm binds methods, which is under test
          framework.observe(this.on.install, this.onInstall);
          framework.observe(this.on.install, this.onInstallLater);
          framework.observe(this.on.install, this.#onInstallLast);
        }
        async onInstall(event: CharmEvent): Promise<void> {
          await this.unit.setStatus({ name: "maintenance", message: event.name });
        }
        readonly onInstallLater = async (): Promise<void> => {
          await this.unit.setStatus({ name: "active", message: this.unit.name });
        };
        readonly #onInstallLast = (): void => {
          this.log.info("Observed", { word: this.#word, app: this.app.name });
        };
      }
      const { code, tools } = await run("hooks/install", (framework) => new MixedCharm(framework));
      expect(code).to.equal(0);
      expect(tools.statuses).to.deep.equal([
        { name: "maintenance", message: "install" },
        { name: "active", message: "github-runner/3" },
      ]);
      expect(tools.lines).to.deep.equal(["INFO Observed word=private app=github-runner"]);
    });

    it("binds the method of the most derived class, and does not call getters", async () => {
      const seen: string[] = [];
      class BaseCharm extends Charm {
        constructor(framework: Framework) {
          super(framework);
          // eslint-disable-next-line @typescript-eslint/unbound-method -- Charm binds methods, which is under test
          framework.observe(this.on.start, this.onStart);
        }
        get dangerous(): string {
          throw new Error("a getter was read");
        }
        onStart(): void {
          seen.push(`base of ${this.unit.name}`);
        }
      }
      class DerivedCharm extends BaseCharm {
        override onStart(): void {
          super.onStart();
          seen.push(`derived of ${this.unit.name}`);
        }
      }
      const { code } = await run("hooks/start", (framework) => new DerivedCharm(framework));
      expect(code).to.equal(0);
      expect(seen).to.deep.equal(["base of github-runner/3", "derived of github-runner/3"]);
    });

    it("passes the facts of relation, secret, storage and custom events", async () => {
      const seen: unknown[] = [];
      const create = charmThat((framework, { on }) => {
        const note = (event: RelationEvent | SecretEvent | StorageEvent | CharmEvent) => {
          seen.push([
            event.constructor.name,
            JSON.parse(JSON.stringify({ ...(event as object), signal: undefined })),
          ]);
        };
        framework.observe(on.relation("debug-ssh").departed, note);
        framework.observe(on.secretChanged, note);
        framework.observe(on.storage("runner").attached, note);
        framework.observe(on.custom("reconcile-runners"), note);
      });
      await run("hooks/debug-ssh-relation-departed", create, {
        env: { JUJU_RELATION_ID: "debug-ssh:4", JUJU_REMOTE_APP: "tmate", JUJU_DEPARTING_UNIT: "tmate/1" },
      });
      await run("hooks/secret-changed", create, { env: { JUJU_SECRET_ID: "secret:c7b" } });
      await run("hooks/runner-storage-attached", create, {
        env: { JUJU_STORAGE_ID: "runner/0", JUJU_STORAGE_LOCATION: "/storage/juju" },
      });
      await run("hooks/reconcile-runners", create);
      await run("hooks/other-relation-departed", create, { env: { JUJU_RELATION_ID: "other:5" } });
      expect(seen).to.deep.equal([
        [
          "RelationEvent",
          {
            name: "debug-ssh-relation-departed",
            relation: { endpoint: "debug-ssh", id: 4 },
            phase: "departed",
            app: "tmate",
            departingUnit: "tmate/1",
          },
        ],
        ["SecretEvent", { name: "secret-changed", secret: { id: "secret:c7b" } }],
        [
          "StorageEvent",
          {
            name: "runner-storage-attached",
            storage: { name: "runner", id: "runner/0" },
            location: "/storage/juju",
          },
        ],
        ["CharmEvent", { name: "reconcile-runners" }],
      ]);
    });

    for (const path of ["hooks/update-status", "hooks/no-such-event", "hooks/install"]) {
      it(`only writes one line to standard output for ${path} without observers of it or of statuses, and runs no hook tool`, async () => {
        const create = charmThat((framework, { on }) => {
          framework.observe(on.start, () => undefined);
          framework.observe(on.action("install"), () => undefined);
        });
        const { code, tools, written } = await run(path, create);
        expect(code).to.equal(0);
        expect(tools.calls).to.deep.equal([]);
        expect(written).to.deep.equal([`No handler observes the event event=${path.slice("hooks/".length)}`]);
      });
    }

    it("fails when a handler throws, logs the stack, runs no later handler, and commits nothing", async () => {
      const seen: string[] = [];
      const create = charmThat((framework, { on }) => {
        framework.observe(on.install, async () => {
          await framework.state.write(counts, 1);
          throw new NoRunnersError("Cannot start runners: none there", { cause: new Error("disk full") });
        });
        framework.observe(on.install, () => void seen.push("later handler"));
        framework.observe(on.collectUnitStatus, () => void seen.push("status"));
      });
      const { code, tools } = await run("hooks/install", create);
      expect(code).to.equal(1);
      expect(seen).to.deep.equal([]);
      expect(tools.statuses).to.deep.equal([]);
      expect(existsSync(stateFile())).to.equal(false);
      expect(tools.lines).to.have.lengthOf(1);
      expect(tools.lines[0]).to.match(
        /^ERROR Uncaught error in install: NoRunnersError: Cannot start runners: none there\n +at /,
      );
      expect(tools.lines[0]).to.include("Caused by: Error: disk full");
    });

    it("fails when the charm's constructor throws", async () => {
      const create = charmThat(() => {
        throw new Error("broken constructor");
      });
      const { code, tools } = await run("hooks/install", create);
      expect(code).to.equal(1);
      expect(tools.lines.join()).to.include("broken constructor");
    });

    it("fails immediately on an uncaught error outside of the handlers", async () => {
      const create = charmThat((framework, { on }) => {
        framework.observe(on.install, () => new Promise<never>(() => undefined));
      });
      const { code, tools } = await run("hooks/install", create, {
        uncaught: Promise.reject(new Error("nobody awaited this")),
      });
      expect(code).to.equal(1);
      expect(tools.lines.join()).to.include("nobody awaited this");
    });

    it("commits the stored state of a successful event", async () => {
      const create = charmThat((framework, { on }) => {
        framework.observe(on.start, async () => {
          await framework.state.write(counts, (await framework.state.read(counts)) + 1);
        });
      });
      await run("hooks/start", create);
      await run("hooks/start", create);
      expect(JSON.parse(readFileSync(stateFile(), "utf8"))).to.deep.equal({ count: 2 });
    });

    it("passes its signal to handlers", async () => {
      const controller = new AbortController();
      const create = charmThat((framework, { on }) => {
        framework.observe(on.start, async ({ signal }) => {
          const aborted = new Promise((_, reject) => {
            signal.addEventListener("abort", () => {
              reject(signal.reason as Error);
            });
          });
          controller.abort(new Error("time to go"));
          await aborted;
        });
      });
      const { code, tools } = await run("hooks/start", create, { signal: controller.signal });
      expect(code).to.equal(1);
      expect(tools.lines.join()).to.include("time to go");
    });

    it("reads options only on demand", async () => {
      const tools = new FakeHookTools();
      tools.config = { path: "canonical" };
      const seen: unknown[] = [];
      const create = charmThat((framework, { on, config }) => {
        framework.observe(on.start, () => undefined);
        framework.observe(on.configChanged, async () => void seen.push(await config.read()));
      });
      await run("hooks/start", create, { tools });
      expect(tools.calls).to.deep.equal([]);
      await run("hooks/config-changed", create, { tools });
      expect(seen).to.deep.equal([{ path: "canonical" }]);
    });
  });

  describe("for collected statuses", () => {
    const blocked = { name: "blocked", message: "no path" } as const;
    const maintenance = { name: "maintenance", message: "building" } as const;
    const waiting = { name: "waiting", message: "for GitHub" } as const;
    const active = { name: "active", message: "" } as const;
    const cases: readonly (readonly [string, readonly Status[], readonly Status[]])[] = [
      ["sets no status without a collected one", [], []],
      ["sets the only one", [active], [active]],
      ["prefers waiting to active", [active, waiting], [waiting]],
      ["prefers maintenance to waiting", [maintenance, waiting], [maintenance]],
      ["prefers blocked to all", [active, waiting, blocked, maintenance], [blocked]],
      ["sets the first of equal ones", [active, blocked, { name: "blocked", message: "later" }], [blocked]],
    ];
    for (const [title, added, shown] of cases) {
      it(title, async () => {
        const create = charmThat((framework, { on }) => {
          framework.observe(on.start, () => undefined);
          for (const status of added) {
            framework.observe(on.collectUnitStatus, (event) => {
              event.addStatus(status);
            });
          }
        });
        const { tools } = await run("hooks/start", create);
        expect(tools.statuses).to.deep.equal(shown);
      });
    }

    it("collects after the handlers of the event, also after actions", async () => {
      const create = charmThat((framework, { on, unit }) => {
        const work = () => unit.setStatus(maintenance);
        framework.observe(on.collectUnitStatus, (event) => {
          event.addStatus(active);
        });
        framework.observe(on.start, work);
        framework.observe(on.action("check-runners"), work);
      });
      for (const path of ["hooks/start", "actions/check-runners"]) {
        const { tools } = await run(path, create);
        expect(tools.statuses).to.deep.equal([maintenance, active]);
      }
    });

    it("sets the application's status only on the leader", async () => {
      const create = charmThat((framework, { on }) => {
        framework.observe(on.start, () => undefined);
        framework.observe(on.collectAppStatus, (event: CollectStatusEvent) => {
          event.addStatus(waiting);
        });
      });
      const leader = new FakeHookTools();
      leader.leader = true;
      expect((await run("hooks/start", create, { tools: leader })).tools.applicationStatuses).to.deep.equal([
        waiting,
      ]);
      expect((await run("hooks/start", create)).tools.applicationStatuses).to.deep.equal([]);
    });

    it("fails the hook when an observer throws", async () => {
      const create = charmThat((framework, { on }) => {
        framework.observe(on.start, () => framework.state.write(counts, 1));
        framework.observe(on.collectUnitStatus, () => {
          throw new Error("no status");
        });
      });
      expect((await run("hooks/start", create)).code).to.equal(1);
      expect(existsSync(stateFile())).to.equal(false);
    });
  });

  describe("for actions", () => {
    const action = (handler: (event: ActionEvent, framework: Framework) => void | Promise<void>) =>
      charmThat((framework, { on }) => {
        framework.observe(on.action("flush-runners"), (event) => handler(event, framework));
      });

    it("passes parameters, and delivers results, progress and failure", async () => {
      const tools = new FakeHookTools();
      tools.params = { mode: "idle" };
      const create = action(async (event) => {
        const params = await event.params();
        await event.log("Flushing");
        await event.setResults({ flushed: 2, delta: { "virtual-machines": -2 } });
        await event.fail(`${JSON.stringify(params)} is refused`);
      });
      const { code } = await run("actions/flush-runners", create, { tools });
      expect(code).to.equal(0);
      expect(tools.progress).to.deep.equal(["Flushing"]);
      expect(tools.results).to.deep.equal({ flushed: "2", "delta.virtual-machines": "-2" });
      expect(tools.failure).to.equal('{"mode":"idle"} is refused');
    });

    it("exits with 1 when a handler throws, so that Juju drops all writes, and tells the caller the reason", async () => {
      const create = action(async (event, framework) => {
        await event.setResults({ flushed: 1 });
        await framework.state.write(counts, 1);
        throw new NoRunnersError("Cannot flush runners: there are none");
      });
      const { code, tools, errors } = await run("actions/flush-runners", create);
      expect(code).to.equal(1);
      // Juju would replace a message of action-fail by its own.
      expect(tools.failure).to.equal(undefined);
      expect(errors).to.deep.equal(["Cannot flush runners: there are none"]);
      expect(tools.results).to.deep.equal({ flushed: "1" });
      expect(tools.lines.join()).to.match(
        /^ERROR Uncaught error in flush-runners: NoRunnersError: Cannot flush/,
      );
      expect(existsSync(stateFile())).to.equal(false);
    });

    it("commits the writes of an action that fails on purpose", async () => {
      const create = action(async (event, framework) => {
        await framework.state.write(counts, 1);
        await event.fail("There are no runners");
      });
      const { code, tools, errors } = await run("actions/flush-runners", create);
      expect([code, tools.failure, errors]).to.deep.equal([0, "There are no runners", []]);
      expect(JSON.parse(readFileSync(stateFile(), "utf8"))).to.deep.equal({ count: 1 });
    });

    it("logs the stack of an unexpected error", async () => {
      const create = action(() => {
        throw new TypeError("x is not a function");
      });
      const { code, tools, errors } = await run("actions/flush-runners", create);
      expect(code).to.equal(1);
      expect(errors).to.deep.equal(["x is not a function"]);
      expect(tools.lines).to.have.lengthOf(1);
      expect(tools.lines[0]).to.match(
        /^ERROR Uncaught error in flush-runners: TypeError: x is not a function\n +at /,
      );
    });

    it("fails an action without observers", async () => {
      const create = action(() => undefined);
      const { code, tools } = await run("actions/build-image", create);
      expect(code).to.equal(0);
      expect(tools.failure).to.equal("Cannot run build-image: no handler of this charm observes the action");
    });

    it("writes no log lines to standard output, which is part of the results", async () => {
      const create = action((_event, framework) => {
        framework.log.debug("Inspecting");
      });
      const { tools, written } = await run("actions/flush-runners", create);
      expect(written).to.deep.equal([]);
      expect(tools.lines).to.deep.equal(["DEBUG Inspecting"]);
    });

    it("exits with 1 and reports no failed action when Juju ended it", async () => {
      const controller = new AbortController();
      const create = action(({ signal }) => {
        controller.abort(new Error("time to go"));
        signal.throwIfAborted();
      });
      const { code, tools } = await run("actions/flush-runners", create, { signal: controller.signal });
      expect(code).to.equal(1);
      expect(tools.failure).to.equal(undefined);
    });

    it("exits with 1 when the failure cannot be delivered", async () => {
      const tools = new FakeHookTools();
      tools.fail("actionFail", new Error("agent gone"));
      const create = action((event) => event.fail("There are no runners"));
      expect((await run("actions/flush-runners", create, { tools })).code).to.equal(1);
      expect(tools.lines.join()).to.include("agent gone");
    });
  });

  it("redacts registered values and values of Juju secrets in logs, statuses, results and failures", async () => {
    const tools = new FakeHookTools();
    tools.secrets.set("secret:c7b", { "github-token": "ghp_from_juju" });
    const create = charmThat((framework, charm) => {
      framework.observe(charm.on.action("leak"), async (event) => {
        framework.redactor.add("ghp_from_config");
        const token = (await framework.tools.secretGet("secret:c7b", "tracked"))["github-token"];
        const both = `ghp_from_config and ${token?.reveal() ?? ""}`;
        charm.log.info("Leaking", { both });
        await charm.unit.setStatus({ name: "active", message: both });
        await charm.app.setWorkloadVersion(both);
        await event.log(both);
        await event.setResults({ both });
        await event.fail(both);
        throw new Error(both);
      });
    });
    const { errors } = await run("actions/leak", create, { tools });
    const { lines, statuses, version, progress, results, failure } = tools;
    const everything = JSON.stringify({ lines, statuses, version, progress, results, failure, errors });
    expect(everything).not.to.include("ghp_");
    expect(everything.split("[redacted] and [redacted]")).to.have.lengthOf.at.least(8);
  });

  it("gives a charm leadership, relation data, storage and a restart of its machine", async () => {
    const tools = new FakeHookTools();
    tools.leader = true;
    tools.relations.set("debug-ssh", [4]);
    tools.relationData.set(4, { "tmate/0": { host: "10.0.0.1" }, tmate: { port: "22" } });
    tools.storages.set("runner/0", "/storage/juju");
    const seen: unknown[] = [];
    const create = charmThat((framework, { on, unit, app }) => {
      framework.observe(on.upgradeCharm, async () => {
        const hookTools = framework.tools;
        for (const id of await hookTools.relationIDs("debug-ssh")) {
          for (const name of await hookTools.relationUnits(id))
            seen.push(await hookTools.relationGet(id, name));
          seen.push(await hookTools.relationGet(id, "tmate"));
          await hookTools.relationSet(id, "unit", { key: "value" });
        }
        for (const id of await hookTools.storageList("runner")) seen.push(await hookTools.storageGet(id));
        await hookTools.reboot();
        if (await unit.isLeader()) await app.setStatus({ name: "active", message: "leading" });
        seen.push((await hookTools.statusGet()).name);
      });
    });
    expect((await run("hooks/upgrade-charm", create, { tools })).code).to.equal(0);
    expect(seen).to.deep.equal([
      { host: "10.0.0.1" },
      { port: "22" },
      { kind: "filesystem", location: "/storage/juju" },
      "unknown",
    ]);
    expect(tools.shared.get("4 unit")).to.deep.equal({ key: "value" });
    expect(tools.reboots).to.equal(1);
    expect(tools.applicationStatuses).to.deep.equal([{ name: "active", message: "leading" }]);
  });

  it("fails to compile when event and handler do not match", async () => {
    const create = charmThat((framework, { on }) => {
      // @ts-expect-error: a hook is not an action
      framework.observe(on.install, async (event: ActionEvent) => event.params());
      // @ts-expect-error: there is no such event
      expect(on.installed).to.equal(undefined);
      framework.observe(on.action("check-runners"), ({ name }: CharmEvent) => {
        expect(name).to.be.a("string");
      });
    });
    expect((await run("hooks/start", create)).code).to.equal(0);
  });
});
