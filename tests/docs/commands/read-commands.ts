import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../../..");

/** The pages that tell people what to type. */
export function commandPages(): readonly string[] {
  return globSync(["README.md", "CONTRIBUTING.md", "docs/**/*.md"], { cwd: ROOT })
    .filter((page) => !page.startsWith("docs/framework/reference/"))
    .sort();
}

/** The text of a page. */
export function readPage(page: string): string {
  return readFileSync(join(ROOT, page), "utf8");
}

/** The text of a section, from its heading of the second level to the next one. @throws when there is none */
export function readSection(page: string, section: string): string {
  const text = readPage(page);
  const start = text.indexOf(`\n## ${section}\n`);
  if (start < 0) throw new Error(`${page} has no section "${section}"`);
  const end = text.indexOf("\n## ", start + 1);
  return text.slice(start, end < 0 ? undefined : end);
}

/** Commands in the shell blocks of a text, without comments; a continued line is one command. */
export function readCommands(text: string): readonly string[] {
  const blocks = [...text.matchAll(/^ *```sh\n(.*?)^ *```$/gms)].map(([, body = ""]) => body);
  return blocks.flatMap((body) =>
    body
      .replaceAll(/\\\n\s*/g, "")
      .split("\n")
      .map((line) => line.replace(/\s+#\s.*$/, "").trim())
      .filter((line) => line !== "" && !line.startsWith("#")),
  );
}

/** Words of a command, without their quotes. Knows no variables and no substitutions. */
export function wordsOf(command: string): readonly string[] {
  const words = command.match(/(?:[^\s"']|"[^"]*"|'[^']*')+/g) ?? [];
  return words.map((word) => word.replaceAll(/"([^"]*)"|'([^']*)'/g, "$1$2"));
}
