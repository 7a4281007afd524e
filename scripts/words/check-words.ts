import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { AbolishedWord } from "./abolished-words.ts";
import { findWords } from "./find-words.ts";

/** What is checked, and against what. */
export interface WordsCheck {
  readonly words: readonly AbolishedWord[];
  /** Files that may still have some of the words, with the words. */
  readonly allowed: Readonly<Record<string, readonly string[]>>;
}

export interface WordsReport {
  /** A line for each abolished word in a file that may not have it. */
  readonly faults: readonly string[];
  /** Allowed words that a file no longer has. */
  readonly unneeded: readonly string[];
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
];

/** Looks for abolished words in the code and the documentation of a repository. */
export function checkWords(root: string, { words, allowed }: WordsCheck): WordsReport {
  const files = globSync(CHECKED, { cwd: root, exclude: SKIPPED }).sort();
  const faults: string[] = [];
  const unneeded: string[] = [];
  for (const file of files) {
    const found = findWords(file, readFileSync(join(root, file), "utf8"), words);
    const permitted = allowed[file] ?? [];
    for (const { word, use, line, text } of found.filter((one) => !permitted.includes(one.word)))
      faults.push(`${file}:${line}: "${text}": "${word}" is now "${use}"`);
    for (const word of permitted.filter((one) => !found.some((each) => each.word === one)))
      unneeded.push(`${file}: ${word}`);
  }
  for (const gone of Object.keys(allowed).filter((file) => !files.includes(file))) unneeded.push(gone);
  return { faults, unneeded, files: files.length };
}
