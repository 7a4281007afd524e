import { appendFileSync } from "node:fs";
import { relative } from "node:path";
import Mocha from "mocha";

/** Files that took longer than this are named at the end. */
const SLOW_MS = 15_000;

/**
 * Mocha's spec reporter, with the line that continuous integration counts by as the last one. Where the environment names a
 * file in `TEST_RESULTS`, that line and the titles of failed tests go there, for a run in several processes.
 */
class Reporter extends Mocha.reporters.Spec {
  /** Milliseconds by file, with its hooks. */
  readonly #durations = new Map<string, number>();

  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    // Not by the clock: of files that run at a time, all events come when a file has ended.
    const add = ({ file, duration }: Mocha.Test | Mocha.Hook) => {
      if (file !== undefined) this.#durations.set(file, (this.#durations.get(file) ?? 0) + (duration ?? 0));
    };
    runner.on("test end", add);
    runner.on("hook end", add);
  }

  override epilogue(): void {
    // What fails outside of all tests of a process beside this one comes without what mocha prints of it.
    for (const failed of this.failures.filter((each) => !("titlePath" in each))) {
      const { title } = failed as { readonly title: string };
      Object.assign(failed, { titlePath: () => [title], fullTitle: () => title });
    }
    super.epilogue();
    const { consoleLog } = Mocha.reporters.Base;
    const slow = [...this.#durations]
      .filter(([, ms]) => ms > SLOW_MS)
      .sort(([, one], [, other]) => other - one);
    for (const [file, ms] of slow) consoleLog(`${Math.round(ms / 1000)} s in ${relative("", file)}`);
    const { passes, failures, pending } = this.stats;
    const counts = `${passes} passed, ${failures} failed, ${pending} skipped`;
    consoleLog(counts);
    const results = process.env["TEST_RESULTS"];
    if (!results) return;
    const failed = this.failures.map((test) => `failed: ${test.fullTitle()}\n`);
    appendFileSync(results, `${failed.join("")}${counts}\n`);
  }
}

// eslint-disable-next-line no-restricted-syntax -- mocha loads a reporter by its default export
export default Reporter;
