import type { Fate } from "./stage.ts";

/** A change that was taken, and what came of it. */
export interface ChangeRecord {
  readonly change: Readonly<Record<string, string>>;
  readonly fate: Fate;
  /** Undefined where it stays as it was. */
  readonly status: string | undefined;
}

/** A change that was refused, and what the unit said. */
export interface RefusalRecord {
  readonly change: Readonly<Record<string, string>>;
  /** Undefined where it stays as it was. */
  readonly status: string | undefined;
}

/** What a person did, and all that was shown for it. */
export interface Exchange {
  readonly title: string;
  readonly command: string;
  readonly shown: readonly string[];
}

export interface Page {
  readonly deploy: Exchange;
  readonly changes: readonly ChangeRecord[];
  readonly refusals: readonly RefusalRecord[];
  readonly actions: readonly Exchange[];
  readonly troubles: readonly Exchange[];
  readonly remove: Exchange;
}

/** Renders the page of what to expect. Pure. */
export function renderPage(page: Page): string {
  return `<!-- Made by \`npm run transcript\`; changes here are lost. -->

# What to expect

What a person sees of a unit, written down by a script that deployed the charm on a real LXD beside a stand-in for GitHub.
Names of runners say what a runner was before the command: \`<idle>\`, \`<busy>\`, or \`<new>\` where it came with it. The
commands are Juju's; the embedded agent ran them.

## Deploy

${renderExchange(page.deploy)}

## Change an option

Each with one idle and one busy runner. "Replaced" is at once; a busy runner with the old configuration is replaced at the first
reconcile after its job.

${table(
  ["change", "idle runner", "busy runner", "status then"],
  page.changes.map(({ change, fate, status }) => [
    renderChange(change),
    fate.idle,
    fate.busy,
    renderStatus(status),
  ]),
)}

## A value that cannot be used

Nothing changes on LXD or GitHub until it is mended: both runners stay.

${table(
  ["change", "status"],
  page.refusals.map(({ change, status }) => [renderChange(change), renderStatus(status)]),
)}

## Run an action

Lines with a bar are progress, the others are results.

${page.actions.map(renderTitled).join("\n\n")}

## When something is wrong

${page.troubles.map(renderTitled).join("\n\n")}

## Remove

${renderExchange(page.remove)}
`;
}

function renderTitled(exchange: Exchange): string {
  return `### ${exchange.title}\n\n${renderExchange(exchange)}`;
}

function renderExchange({ command, shown }: Exchange): string {
  return ["```text", `$ ${command}`, ...shown, "```"].join("\n");
}

function renderChange(change: Readonly<Record<string, string>>): string {
  return Object.entries(change)
    .map(([option, value]) => code(`${option}=${/[\s#,]/.test(value) ? JSON.stringify(value) : value}`))
    .join(" ");
}

function renderStatus(status: string | undefined): string {
  return status === undefined ? "as before" : code(status);
}

function code(text: string): string {
  return `\`${text.replaceAll("|", "\\|")}\``;
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  return [heads, heads.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
