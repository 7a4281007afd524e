import type { AbolishedWord } from "./abolished-words.ts";

/** An abolished word in a file. */
export interface FoundWord {
  readonly word: string;
  readonly use: string;
  /** From 1 on; 0 where the file's path has the word. */
  readonly line: number;
  /** The text that matched. */
  readonly text: string;
}

/** Finds abolished words in the path and the text of a file. */
export function findWords(path: string, text: string, words: readonly AbolishedWord[]): readonly FoundWord[] {
  return [path, ...text.split("\n")].flatMap((content, line) =>
    words.flatMap(({ word, use, pattern, except }) => {
      const counted = except ? content.replace(except, "") : content;
      return [...counted.matchAll(pattern)].map(([match]) => ({ word, use, line, text: match }));
    }),
  );
}
