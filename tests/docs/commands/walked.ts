import { readCommands, readSection } from "./read-commands.ts";

/** Sections whose commands tests/docs/pages.walk.ts runs: `npm run docs:walk`. */
const TUTORIAL = {
  page: "docs/tutorial/first-runners.md",
  sections: ["Start three runners", "Look around", "Run a job", "Change the number", "Remove everything"],
} as const;

/** Sections whose commands it runs on the unit of the tutorial, with that unit's names, before the tutorial ends. */
const OF_RUNNING_UNIT = [
  { page: "docs/how-to/deny-networks.md", section: "Show the active rules" },
  { page: "docs/how-to/read-logs-and-status.md", section: "The history of runners and jobs" },
  { page: "docs/how-to/read-logs-and-status.md", section: "A live runner" },
  { page: "docs/how-to/watch-a-unit.md", section: "The same as data" },
  { page: "docs/explanation/runner-service.md", section: "Ask it" },
] as const;

/** A section that it follows when the unit is forgotten: the names of what a machine still has. */
const BY_HAND = {
  page: "docs/reference/files-and-paths.md",
  section: "On LXD, in the default project",
} as const;

/** Programs of these sections that a unit of the walk does not have: it runs where systemd does not. */
const NEEDS_SYSTEMD = /^(juju|github-runner-agent|systemctl|journalctl|for timer in)\b/;

interface WalkedSection {
  readonly page: string;
  readonly section: string;
  readonly commands: readonly string[];
}

function walked({ page, section }: { readonly page: string; readonly section: string }): WalkedSection {
  const commands = readCommands(readSection(page, section));
  return { page, section, commands: commands.filter((command) => !NEEDS_SYSTEMD.test(command)) };
}

export const tutorial = TUTORIAL.sections.map((section) => walked({ page: TUTORIAL.page, section }));
export const ofRunningUnit = OF_RUNNING_UNIT.map(walked);
export const byHand = walked(BY_HAND);
