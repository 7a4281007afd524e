import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { useTemporaryDirectory } from "../support/temporary-directory.ts";
import { readWalk } from "./walk/read-walk.ts";
import { ScratchRepository } from "./walk/scratch-repository.ts";

/** What a person does who follows CONTRIBUTING.md to a first change. */

const ROOT = join(import.meta.dirname, "../..");

describe("the walk of CONTRIBUTING.md", function () {
  this.timeout(30 * 60_000);
  const directory = useTemporaryDirectory();

  it("works step by step: each change applies, and each command ends as the page says", () => {
    const steps = readWalk(readFileSync(join(ROOT, "CONTRIBUTING.md"), "utf8"), "Your first change");
    expect(steps.length).to.be.greaterThan(10);
    const repository = ScratchRepository.copy(ROOT, join(directory.path, "repository"));
    for (const step of steps) {
      if (step.does === "change") {
        repository.change(step);
        continue;
      }
      for (const [index, command] of step.commands.entries()) {
        const { exitCode, output } = repository.run(command);
        const fails = step.failures.length > 0 && index === step.commands.length - 1;
        expect(exitCode === 0, `${command}\n${output}`).to.equal(!fails);
        if (fails) for (const line of step.failures) expect(output, command).to.include(line);
      }
    }
  });
});
