/** A step of a walk through the repository. */
export type WalkStep =
  | {
      readonly does: "change";
      readonly file: string;
      /** Lines that the file has. */
      readonly before: string;
      /** Lines that it has afterwards. */
      readonly after: string;
    }
  | {
      readonly does: "run";
      readonly commands: readonly string[];
      /** Lines that the output of the last command has, which then fails. Empty when all succeed. */
      readonly failures: readonly string[];
    };

const BLOCK = /(?:`([^`\n]+)`:\n\n)?^```(diff|sh)\n(.*?)^```\n(?:\n^```text\n(.*?)^```\n)?/gms;

/** Reads the steps of a section of a page: changes of files as diffs, and commands with what they print when they fail. */
export function readWalk(page: string, heading: string): readonly WalkStep[] {
  const start = page.indexOf(`\n## ${heading}\n`);
  if (start < 0) throw new Error(`The page has no section "${heading}"`);
  const section = page.slice(start + 1).split(/^## /m)[1] ?? "";
  return [...section.matchAll(BLOCK)].map(([, file, language, content = "", failures]) => {
    const lines = content.trimEnd().split("\n");
    if (language === "sh")
      return { does: "run", commands: lines, failures: failures?.trimEnd().split("\n") ?? [] };
    if (file === undefined) throw new Error(`No file is named before this change:\n${content}`);
    const without = (sign: string) =>
      lines
        .filter((line) => !line.startsWith(sign))
        .map((line) => line.slice(1))
        .join("\n");
    return { does: "change", file, before: without("+"), after: without("-") };
  });
}
