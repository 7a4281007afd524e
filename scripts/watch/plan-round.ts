import type { ImportGraph } from "./import-graph.ts";

/** A test file to run, and why. */
export interface PlannedTest {
  readonly file: string;
  /** Modules from the test to the changed file, both included. */
  readonly chain: readonly string[];
}

/** What a change makes necessary. */
export interface Round {
  readonly changed: readonly string[];
  readonly tests: readonly PlannedTest[];
  /** Tests that need LXD, the packed archive or much time: only `npm test` runs them. */
  readonly left: readonly string[];
  /** Whether the types have to be checked. */
  readonly types: boolean;
}

const SLOW = /\.(?:lxd|packed|e2e|slow)\.test\.ts$|^packages\/lxd-client\/|^tests\/(?:contract|e2e)\//;
/** Tests that read all pages. */
const OF_PAGES = "tests/docs/";

/** Decides what to run after files have changed, by the import graph. Pure. @param changed paths below the root */
export function planRound(changed: readonly string[], graph: ImportGraph): Round {
  const modules = changed.flatMap((file) => (file.endsWith(".ts") ? [file] : readersOf(file, graph)));
  const chains = graph.dependents([...new Set(modules)]);
  const touched = [...chains]
    .filter(([file]) => file.endsWith(".test.ts"))
    .map(([file, chain]) => ({ file, chain }))
    .sort((left, right) => (left.file < right.file ? -1 : 1));
  return {
    changed,
    tests: touched.filter(({ file }) => !SLOW.test(file)),
    left: touched.filter(({ file }) => SLOW.test(file)).map(({ file }) => file),
    types: changed.some((file) => file.endsWith(".ts") || file.endsWith(".json")),
  };
}

/** Modules that read a file which is no module: they name it, or they read all files of its folder. */
function readersOf(file: string, graph: ImportGraph): readonly string[] {
  const name = file.slice(file.lastIndexOf("/") + 1);
  const readers = graph.mentioning(name);
  return file.endsWith(".md")
    ? [...readers, ...graph.mentioning(".md").filter((each) => each.startsWith(OF_PAGES))]
    : readers;
}

/** Most tests that are announced one by one. */
const MOST_LINES = 20;

/** How a round is announced: what runs, and why. */
export function describeRound({ changed, tests, left, types }: Round): string {
  const more = tests.length - MOST_LINES;
  const lines = [
    `Changed: ${changed.join(", ")}`,
    ...tests.slice(0, MOST_LINES).map(describeTest),
    ...(more > 0 ? [`  and ${more} more tests`] : []),
    ...(tests.length === 0 ? ["  no fast test depends on it"] : []),
    ...(left.length > 0 ? [`  left to npm test: ${left.join(", ")}`] : []),
    ...(types ? ["  types"] : []),
  ];
  return `${lines.join("\n")}\n`;
}

function describeTest({ file, chain: [, ...reasons] }: PlannedTest): string {
  return `  ${file}${reasons.length > 0 ? `: ${reasons.join(" <- ")}` : ": itself"}`;
}
