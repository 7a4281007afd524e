/** Texts that tell of versions. */
export interface VersionTexts {
  /** Text of `CHANGELOG.md`. */
  readonly changelog: string;
  /** Text of `docs/reference/upgrade-notes.md`. */
  readonly upgradeNotes: string;
}

/** A changeset of the charm, as the change log of changesets has it. */
interface Change {
  readonly text: string;
  /** What to do for the upgrade. @default nothing */
  readonly upgrade?: string;
  /** Whether users must be told what to do. */
  readonly breaks: boolean;
}

/** Begins the paragraphs of a changeset that say what to do for the upgrade. */
const UPGRADE = /^Upgrade:\s*/m;
const NOTHING = "Nothing to do.";

/**
 * Moves what changesets have written of a version of the charm to the texts that have all versions: changes to the change
 * log, and the paragraphs from `Upgrade:` on to the upgrade notes. A section that is not released yet becomes part of it.
 * Pure.
 *
 * @param added text of changesets: a title, and a section of one version.
 * @throws Error when a change breaks users and does not say what they are to do, or a version is there already.
 */
export function takeChanges({ changelog, upgradeNotes }: VersionTexts, added: string): VersionTexts {
  const number = /^## (\d+\.\d+\.\d+\S*)$/m.exec(added)?.[1];
  if (number === undefined) throw new Error("Cannot take the changes: changesets have written no version");
  const changes = readChanges(added, number.startsWith("0.") ? "Minor" : "Major");
  const silent = changes.find(({ breaks, upgrade }) => breaks && upgrade === undefined);
  if (silent !== undefined)
    throw new Error(
      `Cannot take the changes: "${silent.text}" breaks users; add a paragraph to its changeset that begins with ` +
        '"Upgrade:" and says what they are to do',
    );
  const upgrades = changes.flatMap(({ upgrade }) => upgrade ?? []);
  return {
    changelog: withSection(
      changelog,
      { heading: "", number },
      changes.map(({ text }) => text),
    ),
    upgradeNotes: withSection(upgradeNotes, { heading: "To ", number }, upgrades),
  };
}

function readChanges(added: string, breaking: string): readonly Change[] {
  const changes: Change[] = [];
  for (const [, kind = "", list = ""] of added.matchAll(/^### (\w+) Changes\n+(.*?)(?=^###? |(?![^]))/gms)) {
    for (const item of list.split(/^- /m).slice(1)) {
      const body = item.replaceAll(/^ {2}/gm, "").replace(/^[0-9a-f]{7,40}: /, "");
      const [text = "", upgrade] = body.split(UPGRADE).map((part) => part.trim());
      changes.push({ text, ...(upgrade === undefined ? {} : { upgrade }), breaks: kind === breaking });
    }
  }
  return changes;
}

interface Section {
  /** Before the number. */
  readonly heading: string;
  readonly number: string;
}

function withSection(text: string, { heading, number }: Section, items: readonly string[]): string {
  const title = `## ${heading}${number}`;
  if (text.split("\n").includes(title))
    throw new Error(`Cannot take the changes: there is "${title}" already`);
  const list = items.map((item) => `- ${item.replaceAll(/\n(?=.)/g, "\n  ")}`).join("\n");
  const unreleased = new RegExp(`^## ${heading}\\S+, unreleased\\n+`, "m").exec(text);
  if (unreleased !== null) {
    const before = text.slice(0, unreleased.index);
    const after = text.slice(unreleased.index + unreleased[0].length);
    return `${before}${title}\n\n${list === "" ? "" : `${list}\n\n`}${after}`;
  }
  const first = text.search(/^## /m);
  const at = first === -1 ? text.length : first;
  return (
    `${text.slice(0, at).trimEnd()}\n\n${title}\n\n${list === "" ? NOTHING : list}\n\n${text.slice(at)}`.trimEnd() +
    "\n"
  );
}
