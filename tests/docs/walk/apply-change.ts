import type { WalkStep } from "./read-walk.ts";

/** A step that changes a file. */
export type Change = Extract<WalkStep, { readonly does: "change" }>;

/** Replaces the lines of a change. @throws where the file does not have them exactly once */
export function applyChange(text: string, { file, before, after }: Change): string {
  const [start, end, ...more] = `\n${text}`.split(`\n${before}\n`);
  if (start === undefined || end === undefined || more.length > 0) {
    throw new Error(`${file} does not have these lines exactly once:\n${before}`);
  }
  return `${start}\n${after}\n${end}`.slice(1);
}
