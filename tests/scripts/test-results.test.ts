import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { runProcess } from "charm-kit";
import { useTemporaryDirectory } from "../support/temporary-directory.ts";

const PROGRAM = join(import.meta.dirname, "../../scripts/test-results.ts");

describe("the results of a test run in several processes", () => {
  const directory = useTemporaryDirectory();
  const told = async (lines: readonly string[], processes: number) => {
    const file = join(directory.path, "results");
    await writeFile(file, lines.map((line) => `${line}\n`).join(""));
    const { exitCode, stdout } = await runProcess(["node", PROGRAM, file, String(processes)], {
      action: "count tests",
      limitMs: 60_000,
      signal: AbortSignal.timeout(60_000),
    });
    return { exitCode, lines: stdout.trim().split("\n") };
  };

  it("are their sum", async () => {
    const lines = ["3 passed, 0 failed, 1 skipped", "4 passed, 0 failed, 0 skipped"];
    expect(await told(lines, 2)).to.deep.equal({ exitCode: 0, lines: ["7 passed, 0 failed, 1 skipped"] });
  });

  it("are a failure with one failed test, which is named", async () => {
    const lines = ["failed: a test", "3 passed, 1 failed, 0 skipped"];
    expect(await told(lines, 1)).to.deep.equal({
      exitCode: 1,
      lines: ["failed: a test", "3 passed, 1 failed, 0 skipped"],
    });
  });

  it("are a failure when a process has told nothing, or one too many has told something", async () => {
    const one = "3 passed, 0 failed, 0 skipped";
    const few = await told([one], 2);
    expect(few.exitCode).to.equal(1);
    expect(few.lines).to.include("failed: 1 of 2 test processes ended with a result");
    const many = await told([one, "failed: a test", "0 passed, 1 failed, 0 skipped"], 1);
    expect(many.exitCode).to.equal(1);
    expect(many.lines).to.include("failed: 2 of 1 test processes ended with a result");
  });
});
