/** Shows the steps that `npm test` takes before mocha as tests: a step that fails must count. */
const steps = (process.env["STEPS"] ?? "")
  .split(";")
  .filter(Boolean)
  .map((step) => step.split("=") as [string, string]);

describe("npm test", () => {
  for (const [name, outcome] of steps) {
    const skipped = outcome.startsWith("skipped");
    const test = skipped ? it.skip : it;
    test(`makes the step "${name}" pass${skipped ? ` (${outcome})` : ""}`, () => {
      if (outcome === "failed") throw new Error(`The step "${name}" failed; its output is above`);
    });
  }
});
