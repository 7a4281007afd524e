import { expect } from "chai";
import { defineEvent, type Framework } from "../../src/index.ts";
import { charmThat, runCharm } from "../run-charm.ts";
import { useTemporaryDirectory } from "../../../../tests/support/temporary-directory.ts";

describe("Events that the charm defines", () => {
  const directory = useTemporaryDirectory();
  const gone = defineEvent<{ readonly runner: string }>("runner-gone");
  const install = async (observe: (framework: Framework, seen: string[]) => void) => {
    const seen: string[] = [];
    const create = charmThat((framework, { on }) => {
      framework.observe(on.install, async () => {
        seen.push("before");
        await framework.emit(gone, { runner: "a-1" });
        seen.push("after");
      });
      observe(framework, seen);
    });
    return { seen, ...(await runCharm(directory.path, "hooks/install", create)) };
  };

  it("run all observers, one after the other, before emit() resolves", async () => {
    const { seen } = await install((framework, noted) => {
      framework.observe(gone, async ({ payload }) => {
        await new Promise(setImmediate);
        noted.push(`slow ${payload.runner}`);
      });
      framework.observe(gone, ({ name }) => void noted.push(`quick ${name}`));
    });
    expect(seen).to.deep.equal(["before", "slow a-1", "quick runner-gone", "after"]);
  });

  it("make emit() reject with an observer's error, and call no later observer", async () => {
    const { seen, code, tools } = await install((framework, noted) => {
      framework.observe(gone, () => {
        throw new Error("broken");
      });
      framework.observe(gone, () => void noted.push("later"));
    });
    expect(code).to.equal(1);
    expect(seen).to.deep.equal(["before"]);
    expect(tools.lines.join()).to.include("broken");
  });

  it("do not recurse when their observer emits an equal event", async () => {
    const { seen, code } = await install((framework, noted) => {
      framework.observe(
        gone,
        async ({ payload }) => {
          noted.push(payload.runner);
          await framework.emit(gone, payload);
        },
        { name: "echo" },
      );
    });
    expect(code).to.equal(0);
    expect(seen).to.deep.equal(["before", "a-1", "after"]);
  });

  it("refuse a payload that a deferred event would change", async () => {
    const bad = defineEvent<number>("measured");
    const create = charmThat((framework, { on }) => {
      framework.observe(on.start, () => framework.emit(bad, Number.NaN));
    });
    const { code, tools } = await runCharm(directory.path, "hooks/start", create);
    expect(code).to.equal(1);
    expect(tools.lines.join()).to.include(
      "EmitError: Cannot emit measured: its payload is not JSON: it is NaN",
    );
  });
});
