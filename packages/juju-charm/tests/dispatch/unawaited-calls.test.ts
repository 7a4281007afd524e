import { expect } from "chai";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  Charm,
  defineEvent,
  STATE_FILE,
  StopWithStatus,
  UnawaitedCallError,
  type Framework,
  type StateSlot,
} from "../../src/index.ts";
import { nextTurn } from "../../src/dispatch/next-turn.ts";
import { Context, State, tcpPort, UncaughtCharmError } from "../../src/testing/index.ts";
import { FakeHookTools } from "../fake-hook-tools.ts";
import { charmThat, runCharm } from "../run-charm.ts";
import { METADATA } from "../testing/behaviour-metadata.ts";
import { useTemporaryDirectory } from "../../../../tests/support/temporary-directory.ts";

const words: StateSlot<string> = {
  name: "word",
  parse: (stored) => (typeof stored === "string" ? stored : ""),
};

/** Hook tools that need some turns of the event loop, like processes. */
class SlowHookTools extends FakeHookTools {
  protected override async call<T>(member: Parameters<FakeHookTools["call"]>[0], work: () => T): Promise<T> {
    await nextTurn();
    return super.call(member, work);
  }
}

describe("a forgotten await", () => {
  const directory = useTemporaryDirectory();
  const run = (create: (framework: Framework) => Charm, path = "hooks/start", uncaught?: Promise<never>) =>
    runCharm(directory.path, path, create, { tools: new SlowHookTools(), ...(uncaught && { uncaught }) });

  it("of the last call of a handler fails the hook, and names the call and the handler", async () => {
    class CarelessCharm extends Charm {
      constructor(framework: Framework) {
        super(framework);
        // eslint-disable-next-line @typescript-eslint/unbound-method -- Charm binds methods
        framework.observe(this.on.start, this.onStart);
      }
      async onStart(): Promise<void> {
        await this.framework.state.write(words, "half");
        void this.unit.ports.open(80, 81, 82);
      }
    }
    const { code, tools } = await run((framework) => new CarelessCharm(framework));
    expect(code).to.equal(1);
    expect(tools.lines.join()).to.include(
      "UnawaitedCallError: Cannot end the handler CarelessCharm.onStart of start: openPort() is still running",
    );
    expect(existsSync(join(directory.path, STATE_FILE))).to.equal(false);
  });

  for (const [title, observe] of [
    ["an observer of collect-unit-status", "collectUnitStatus"],
    ["an observer of pre-commit", "preCommit"],
    ["an observer of commit", "commit"],
  ] as const)
    it(`in ${title} fails the hook`, async () => {
      const create = charmThat((framework, { on, unit }) => {
        framework.observe(on.start, () => undefined);
        framework.observe(on[observe], () => {
          void unit.setStatus({ name: "active", message: "lost" });
        });
      });
      const { code, tools } = await run(create);
      expect(code).to.equal(1);
      expect(tools.lines.join()).to.include("statusSet() is still running");
    });

  it("of a function that calls hook tools later fails the hook", async () => {
    const rejections: unknown[] = [];
    const create = charmThat((framework, { on, unit }) => {
      framework.observe(on.start, () => {
        void nextTurn()
          .then(() => unit.ports.open(80))
          .catch((thrown: unknown) => rejections.push(thrown));
      });
      framework.observe(on.start, async () => {
        for (let turn = 0; turn < 5; turn += 1) await nextTurn();
      });
    });
    const { code, tools } = await run(create);
    expect(code).to.equal(1);
    expect(rejections[0]).to.be.instanceOf(UnawaitedCallError).with.property("call", "openPort()");
    expect(tools.lines.join()).to.include("openPort() is still running");
  });

  it("in the constructor fails the hook", async () => {
    const create = charmThat((framework, { on, unit }) => {
      framework.observe(on.start, () => undefined);
      void unit.ports.open(80, 81, 82, 83, 84, 85, 86);
    });
    const { code, tools } = await run(create);
    expect(code).to.equal(1);
    expect(tools.lines.join()).to.include("Cannot end the dispatch: openPort() is still running");
  });

  it("of emit() fails the hook", async () => {
    const ready = defineEvent<null>("ready");
    const create = charmThat((framework, { on, unit }) => {
      framework.observe(on.start, () => {
        void framework.emit(ready, null);
      });
      framework.observe(ready, () => unit.setStatus({ name: "active", message: "" }), { name: "onReady" });
    });
    const { code, tools } = await run(create);
    expect(code).to.equal(1);
    expect(tools.lines.join()).to.match(/(statusSet\(\)|emit\(ready\)) is still running/);
  });

  it("is not seen in calls that a handler runs while another event is emitted within it", async () => {
    const ready = defineEvent<null>("ready");
    const create = charmThat((framework, { on, unit }) => {
      framework.observe(on.start, async () => {
        await Promise.all([unit.ports.open(80, 81, 82, 83), framework.emit(ready, null)]);
      });
      framework.observe(ready, () => undefined, { name: "onReady" });
    });
    expect((await run(create)).code).to.equal(0);
  });

  it("is not seen in calls that run beside one that ends the event with a status: these are kept", async () => {
    const create = charmThat((framework, { on, unit }) => {
      framework.observe(on.start, async () => {
        const stop = async () => Promise.reject(new StopWithStatus({ name: "blocked", message: "no path" }));
        await Promise.all([unit.ports.open(80), stop()]);
      });
    });
    const { code, tools } = await run(create);
    expect(code).to.equal(0);
    expect(tools.ports.size).to.equal(1);
  });

  it("is not reported instead of an error that the handler throws", async () => {
    const create = charmThat((framework, { on, unit }) => {
      framework.observe(on.start, async () => {
        await Promise.all([unit.ports.open(80), Promise.reject(new Error("the real reason"))]);
      });
    });
    const { code, tools } = await run(create);
    expect(code).to.equal(1);
    expect(tools.lines.join()).to.include("the real reason").and.not.to.include("still running");
  });

  it("does not let a failed dispatch commit what its handlers write later", async () => {
    let fail: (reason: Error) => void = () => undefined;
    const uncaught = new Promise<never>((_, reject) => (fail = reject));
    const after = { written: false };
    const create = charmThat((framework, { on }) => {
      framework.observe(on.start, async () => {
        fail(new Error("nobody awaited this"));
        for (let turn = 0; turn < 5; turn += 1) await nextTurn();
        await framework.state.write(words, "after the failure");
        after.written = true;
      });
    });
    const { code, tools } = await run(create, "hooks/start", uncaught);
    expect(code).to.equal(1);
    await sleep(20);
    expect(after.written).to.equal(true);
    expect(tools.lines.join()).to.include("nobody awaited this");
    expect(tools.calls.filter((call) => call !== "log")).to.deep.equal([]);
    expect(existsSync(join(directory.path, STATE_FILE))).to.equal(false);
  });

  describe("in the testing kit", () => {
    const runInKit = async (observe: Parameters<typeof charmThat>[0]) => {
      const ctx = new Context(charmThat(observe), { metadata: METADATA });
      return ctx.run(ctx.on.install(), new State());
    };
    const failure = async (observe: Parameters<typeof charmThat>[0]): Promise<unknown> =>
      runInKit(observe).then(
        () => undefined,
        (thrown: unknown) => {
          expect(thrown).to.be.instanceOf(UncaughtCharmError);
          return (thrown as UncaughtCharmError).cause;
        },
      );

    it("fails the run as it fails the packed charm", async () => {
      const cause = await failure((framework, { on, unit }) => {
        framework.observe(on.install, () => {
          void unit.ports.open(80, 81, 82);
        });
      });
      expect(cause).to.be.instanceOf(UnawaitedCallError).with.property("call", "openPort()");
    });

    it("does not disturb calls that are awaited together", async () => {
      const state = await runInKit((framework, { on, unit }) => {
        framework.observe(on.install, async () => {
          await Promise.all([unit.ports.open(80), unit.ports.open(81)]);
        });
      });
      expect(state.openedPorts).to.deep.equal([tcpPort(80), tcpPort(81)]);
    });

    it("fails the run with a rejection that nobody handles, before anything is committed", async () => {
      const cause = await failure((framework, { on, unit }) => {
        framework.observe(on.install, async () => {
          await unit.ports.open(80);
          void Promise.reject(new Error("nobody awaits this"));
        });
      });
      expect(cause).to.have.property("message", "nobody awaits this");
    });

    it("fails the run with an error that a callback throws", async () => {
      const cause = await failure((framework, { on }) => {
        framework.observe(on.install, async () => {
          setTimeout(() => {
            throw new Error("thrown by a timer");
          }, 1);
          await sleep(20);
        });
      });
      expect(cause).to.have.property("message", "thrown by a timer");
    });

    it("tells two concurrent runs apart, and gives the test runner its listeners back", async () => {
      const before = process.listeners("unhandledRejection");
      const [careless, careful] = await Promise.allSettled([
        runInKit((framework, { on }) => {
          framework.observe(on.install, async () => {
            void Promise.reject(new Error("careless"));
            await sleep(5);
          });
        }),
        runInKit((framework, { on }) => {
          framework.observe(on.install, async () => {
            await sleep(10);
          });
        }),
      ]);
      expect([careless.status, careful.status]).to.deep.equal(["rejected", "fulfilled"]);
      expect(process.listeners("unhandledRejection")).to.deep.equal(before);
    });

    it("leaves what no run has caused to the listeners of the test runner", async () => {
      const listeners = process.listeners("unhandledRejection");
      const seen: unknown[] = [];
      process.removeAllListeners("unhandledRejection");
      const listener = (reason: unknown) => void seen.push(reason);
      process.on("unhandledRejection", listener);
      try {
        void sleep(5).then(() => Promise.reject(new Error("of the test")));
        await runInKit((framework, { on }) => {
          framework.observe(on.install, async () => {
            await sleep(20);
          });
        });
      } finally {
        process.off("unhandledRejection", listener);
        for (const old of listeners) process.on("unhandledRejection", old);
      }
      expect(seen.map((reason) => (reason as Error).message)).to.deep.equal(["of the test"]);
    });
  });
});
