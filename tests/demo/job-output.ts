const TIMESTAMP = /^\d{4}-\d\d-\d\dT[\d:.]+Z ?/;
const GROUP = "##[group]";

/** The log of a job for reading: without timestamps, its steps marked. Pure. */
export function renderJobOutput(log: string): readonly string[] {
  return log
    .trimEnd()
    .split("\n")
    .map((line) => line.replace(TIMESTAMP, ""))
    .map((line) => (line.startsWith(GROUP) ? `> ${line.slice(GROUP.length)}` : `| ${line}`));
}
