import { expect } from "chai";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { STATE_FILE, StopWithStatus, type StateSlot } from "../../src/index.ts";
import { FakeHookTools } from "../fake-hook-tools.ts";
import { charmThat, readState, runCharm } from "../run-charm.ts";
import { useTemporaryDirectory } from "../../../../tests/support/temporary-directory.ts";

const words: StateSlot<string> = {
  name: "word",
  parse: (stored) => (typeof stored === "string" ? stored : ""),
};
const blocked = { name: "blocked", message: "Set the option path" } as const;

describe("dispatch() at its end", () => {
  const directory = useTemporaryDirectory();
  const stateFile = () => join(directory.path, STATE_FILE);

  it("collects statuses, emits pre-commit and commit, then writes the stored state", async () => {
    const seen: string[] = [];
    const create = charmThat((framework, { on }) => {
      framework.observe(on.commit, () => {
        seen.push(`commit, ${existsSync(stateFile()) ? "written" : "not written"}`);
      });
      framework.observe(on.preCommit, async ({ name }) => {
        seen.push(name);
        await framework.state.write(words, "at the last moment");
      });
      framework.observe(on.collectUnitStatus, () => void seen.push("status"));
      framework.observe(on.start, () => void seen.push("start"));
    });
    const { code } = await runCharm(directory.path, "hooks/start", create);
    expect(code).to.equal(0);
    expect(seen).to.deep.equal(["start", "status", "pre-commit", "commit, not written"]);
    expect(readState(directory.path)).to.deep.equal({ word: "at the last moment" });
  });

  it("collects statuses and commits after an event that nobody observes", async () => {
    const create = charmThat((framework, { on }) => {
      framework.observe(on.collectUnitStatus, async (event) => {
        await framework.state.write(words, "collected");
        event.addStatus(blocked);
      });
    });
    const { code, tools } = await runCharm(directory.path, "hooks/update-status", create);
    expect([code, tools.statuses]).to.deep.equal([0, [blocked]]);
    expect(readState(directory.path)).to.deep.equal({ word: "collected" });
  });

  it("collects the application's status on the leader after an event that nobody observes", async () => {
    const create = charmThat((framework, { on }) => {
      framework.observe(on.collectAppStatus, (event) => {
        event.addStatus(blocked);
      });
    });
    const tools = new FakeHookTools();
    tools.leader = true;
    await runCharm(directory.path, "hooks/update-status", create, { tools });
    expect(tools.applicationStatuses).to.deep.equal([blocked]);
  });

  it("calls no hook tool after an event that nobody observes when nobody collects statuses", async () => {
    const create = charmThat((framework, { on }) => {
      framework.observe(on.start, () => undefined);
    });
    const { tools } = await runCharm(directory.path, "hooks/update-status", create);
    expect(tools.calls).to.deep.equal([]);
  });

  for (const at of ["start", "collectUnitStatus", "preCommit", "commit"] as const) {
    it(`writes no state when an observer of ${at} throws`, async () => {
      const create = charmThat((framework, { on }) => {
        framework.observe(on.start, () => framework.state.write(words, "half"));
        framework.observe(on[at], () => {
          throw new Error("broken");
        });
      });
      const { code } = await runCharm(directory.path, "hooks/start", create);
      expect(code).to.equal(1);
      expect(existsSync(stateFile())).to.equal(false);
    });
  }

  it("fails the hook when the state cannot be written, with the path in the log", async () => {
    const create = charmThat((framework, { on }) => {
      framework.observe(on.start, () => framework.state.write(words, "x"));
    });
    const nowhere = join(directory.path, "gone");
    const { code, tools } = await runCharm(nowhere, "hooks/start", create);
    expect(code).to.equal(1);
    expect(tools.lines.join()).to.include(`Cannot write the stored state ${join(nowhere, STATE_FILE)}`);
  });

  it("fails the hook for a damaged state file, and does not change the file", async () => {
    writeFileSync(stateFile(), `{"word": "to`);
    const create = charmThat((framework, { on }) => {
      framework.observe(on.start, () => undefined);
    });
    const { code, tools } = await runCharm(directory.path, "hooks/start", create);
    expect(code).to.equal(1);
    expect(tools.lines.join()).to.include(`Cannot read the stored state ${stateFile()}: it is damaged`);
    expect(readFileSync(stateFile(), "utf8")).to.equal(`{"word": "to`);
  });

  for (const [title, thrown, logged] of [
    ["a string", "no disk", "no disk"],
    ["undefined", undefined, "undefined"],
    ["an object", { code: 7, detail: "no disk" }, "{ code: 7, detail: 'no disk' }"],
    ["an object without a prototype", Object.assign(Object.create(null) as object, { code: 7 }), "code: 7"],
    ["a symbol", Symbol("no disk"), "Symbol(no disk)"],
  ] as const) {
    it(`fails the hook and the action with a readable message when a handler throws ${title}`, async () => {
      const create = charmThat((framework, { on }) => {
        const handler = () => {
          // eslint-disable-next-line @typescript-eslint/only-throw-error -- the case under test
          throw thrown;
        };
        framework.observe(on.start, handler);
        framework.observe(on.action("look"), handler);
      });
      const { code, tools } = await runCharm(directory.path, "hooks/start", create);
      expect(code).to.equal(1);
      expect(tools.lines.join()).to.include("Uncaught error in start: ").and.include(logged);
      const action = await runCharm(directory.path, "actions/look", create);
      expect(action.code).to.equal(1);
      expect(action.errors.join("")).not.to.equal("");
    });
  }

  describe("after StopWithStatus", () => {
    it("shows the status, skips other handlers, commits, and succeeds", async () => {
      const seen: string[] = [];
      const create = charmThat((framework, { on }) => {
        framework.observe(on.start, async () => {
          await framework.state.write(words, "kept");
          throw new StopWithStatus(blocked);
        });
        framework.observe(on.start, () => void seen.push("later handler"));
        framework.observe(on.collectUnitStatus, () => void seen.push("status"));
        framework.observe(on.preCommit, () => void seen.push("pre-commit"));
      });
      const { code, tools } = await runCharm(directory.path, "hooks/start", create);
      expect(code).to.equal(0);
      expect(seen).to.deep.equal(["pre-commit"]);
      expect(tools.statuses).to.deep.equal([blocked]);
      expect(tools.lines).to.deep.equal([]);
      expect(readState(directory.path)).to.deep.equal({ word: "kept" });
    });

    it("fails an action with the message, and keeps its writes", async () => {
      const create = charmThat((framework, { on }) => {
        framework.observe(on.action("look"), async () => {
          await framework.state.write(words, "kept");
          throw new StopWithStatus(blocked);
        });
      });
      const { code, tools } = await runCharm(directory.path, "actions/look", create);
      expect([code, tools.failure]).to.deep.equal([0, blocked.message]);
      expect(readState(directory.path)).to.deep.equal({ word: "kept" });
    });

    it("adds the status to the collected ones", async () => {
      const create = charmThat((framework, { on }) => {
        framework.observe(on.start, () => undefined);
        framework.observe(on.collectUnitStatus, () => {
          throw new StopWithStatus(blocked);
        });
        framework.observe(on.collectUnitStatus, (event) => {
          event.addStatus({ name: "active", message: "" });
        });
      });
      const { code, tools } = await runCharm(directory.path, "hooks/start", create);
      expect([code, tools.statuses]).to.deep.equal([0, [blocked]]);
    });

    it("ends the dispatch when the constructor throws it", async () => {
      const create = charmThat(() => {
        throw new StopWithStatus(blocked);
      });
      const { code, tools } = await runCharm(directory.path, "hooks/start", create);
      expect([code, tools.statuses]).to.deep.equal([0, [blocked]]);
    });
  });

  it("tells an action's handler the number of its task", async () => {
    const ids: unknown[] = [];
    const create = charmThat((framework, { on }) => {
      framework.observe(on.action("look"), ({ id }) => void ids.push(id));
    });
    await runCharm(directory.path, "actions/look", create, { env: { JUJU_ACTION_UUID: "12" } });
    await runCharm(directory.path, "actions/look", create);
    expect(ids).to.deep.equal(["12", undefined]);
  });

  it("drops log lines below the configured level", async () => {
    const create = charmThat((framework, { on, log }) => {
      framework.observe(on.start, () => {
        log.debug("detail");
        log.info("news");
        log.warning("danger");
      });
    });
    const { tools, written } = await runCharm(directory.path, "hooks/start", create, { logLevel: "WARNING" });
    expect(written).to.deep.equal([]);
    expect(tools.lines).to.deep.equal(["WARNING danger"]);
  });
});
