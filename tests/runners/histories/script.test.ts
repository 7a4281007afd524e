import { runInNewContext } from "node:vm";
import { expect } from "chai";
import fc from "fast-check";
import type { Command } from "./command.ts";
import { anyDemandHistory } from "./command.ts";
import { renderScript } from "./script.ts";

describe("the script of a history that breaks a rule", () => {
  it("tells the rule, the way to find it again, and commands that can be pasted into a test", () => {
    const history: readonly Command[] = [
      { do: "configure", count: 2 },
      { do: "reconcile", disturbances: [{ call: 5, what: "job" }], kill: { call: 7, moment: "after" } },
      { do: "refuse", scope: "scope-1" },
    ];
    const script = renderScript({
      history,
      fault: "there are 3 runners, 2 are wanted",
      seed: 7,
      path: "1:0",
    });
    expect(script).to.equal(`A history of 3 commands breaks a rule: there are 3 runners, 2 are wanted
Found with seed 7, path "1:0". To see it again, paste this into a test:

await replay([
  { do: "configure", count: 2 },
  { do: "reconcile", disturbances: [{ call: 5, what: "job" }], kill: { call: 7, moment: "after" } },
  { do: "refuse", scope: "scope-1" },
]);`);
  });

  it("is the history again when it is run", async () => {
    await fc.assert(
      fc.asyncProperty(anyDemandHistory, async (history) => {
        const script = renderScript({ history, fault: "", seed: 0, path: "" });
        const code = script.slice(script.indexOf("await replay("));
        const replay = (commands: unknown) => JSON.stringify(commands);
        const replayed: unknown = await runInNewContext(`(async () => ${code.replace(/;$/, "")})()`, {
          replay,
        });
        expect(replayed).to.equal(JSON.stringify(history));
      }),
      { numRuns: 200 },
    );
  });
});
