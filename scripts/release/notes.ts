import type { VersionTexts } from "./take-changes.ts";

/** What release notes are made of. */
export interface NotesInput extends VersionTexts {
  /** Such as `0.2.0`. */
  readonly number: string;
  /** In names of files. */
  readonly name: string;
  /** Texts of the charm's changesets: what has changed since the version. */
  readonly pending: readonly string[];
}

/**
 * Renders the notes of a release: what has changed, what to do for an upgrade, and how to verify the files. Pure.
 *
 * @throws Error when the changes or the upgrade notes have no section of the version.
 */
export function renderNotes(input: NotesInput): string {
  const { number, name, pending } = input;
  const changes = sectionOf(input.changelog, "CHANGELOG.md", number);
  const upgrade = sectionOf(input.upgradeNotes, "docs/reference/upgrade-notes.md", `To ${number}`);
  return `# GitHub Runner charm ${name}
${pending.length === 0 ? "" : `\n## Since ${number}\n\n${pending.map((text) => text.trim()).join("\n\n")}\n`}
## Changes in ${number}

${withoutLinks(changes)}

## Upgrade to ${number}

${withoutLinks(upgrade)}

## Verify

\`\`\`sh
minisign -Vm SHA256SUMS -p KEY.pub
sha256sum --check SHA256SUMS
\`\`\`

Take the key \`KEY.pub\` from \`release/keys\` in the repository, not from where these files come from.
`;
}

/** The text below the heading of a version, released or not yet, up to the next one of its level. */
function sectionOf(text: string, file: string, heading: string): string {
  const found = new RegExp(`^## ${heading.replaceAll(".", "\\.")}(?:, unreleased)?$`, "m").exec(text);
  if (found === null) throw new Error(`Cannot write release notes: ${file} has no section "## ${heading}"`);
  const rest = text.slice(found.index + found[0].length);
  const end = rest.search(/^## /m);
  return (end === -1 ? rest : rest.slice(0, end)).trim();
}

/** Relative links lead nowhere outside the repository. */
function withoutLinks(text: string): string {
  return text.replaceAll(/\[([^\]]*)\]\((?!https?:)[^)]*\)/g, "$1");
}
