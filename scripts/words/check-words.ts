import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { AbolishedWord } from "./abolished-words.ts";
import { findWords } from "./find-words.ts";

export interface WordsReport {
  /** A line for each abolished word. */
  readonly faults: readonly string[];
  /** Number of files that were read. */
  readonly files: number;
}

const CHECKED = ["{src,packages,docs,tests,examples,scripts}/**/*.{ts,md,sh,yaml}", "*.{md,yaml}"];
const SKIPPED = [
  "**/node_modules/**",
  "**/dist/**",
  // They name the words.
  "scripts/words/**",
  "tests/scripts/words/**",
  "docs/reference/glossary.md",
  // They name what was.
  "**/CHANGELOG.md",
  // They are benchmarks.
  "tests/bench/**",
  // They use the tables and figures of the benchmarks.
  "tests/simulation/{main,page,simulate-burst,simulation.test,tables}.ts",
];

/** Looks for abolished words in the code and the documentation of a repository. */
export function checkWords(root: string, words: readonly AbolishedWord[]): WordsReport {
  const files = globSync(CHECKED, { cwd: root, exclude: SKIPPED }).sort();
  const faults = files.flatMap((file) =>
    findWords(file, readFileSync(join(root, file), "utf8"), words).map(
      ({ word, use, line, text }) => `${file}:${line}: "${text}": "${word}" is now "${use}"`,
    ),
  );
  return { faults, files: files.length };
}
