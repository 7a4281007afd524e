/** Prints the results of a test run in several processes as one: test-results.ts FILE PROCESSES */
import { readFileSync } from "node:fs";

const [file = "", processes = ""] = process.argv.slice(2);
const lines = readFileSync(file, "utf8").split("\n").filter(Boolean);
const counts = lines.flatMap((line) => {
  const found = /^(\d+) passed, (\d+) failed, (\d+) skipped$/.exec(line);
  return found ? [found.slice(1).map(Number)] : [];
});
const sum = (column: number) => counts.reduce((total, row) => total + (row[column] ?? 0), 0);
for (const line of lines.filter((each) => each.startsWith("failed: "))) console.log(line);
// A process that was killed has told nothing: that is a failure too. One more than expected may hide such a one.
const wrong = Math.abs(Number(processes) - counts.length);
if (wrong > 0) console.log(`failed: ${counts.length} of ${processes} test processes ended with a result`);
console.log(`${sum(0)} passed, ${sum(1) + wrong} failed, ${sum(2)} skipped`);
process.exitCode = sum(1) + wrong > 0 ? 1 : 0;
