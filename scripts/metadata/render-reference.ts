import type { ActionMetadata, CharmMetadata, ParameterSchema } from "juju-charm/metadata";
import type { JsonValue } from "juju-charm";
import { CHANGES } from "./changes.ts";

const ORIGIN = (file: string) => `<!-- Generated from ${file} by \`npm run generate\`: do not edit. -->\n`;

/** Properties of an option in the charm's schema, apart from its form. */
export interface OptionRule {
  /** The accepted form, as shown in messages. */
  readonly accepted: string;
  /** Key of {@link CHANGES}. */
  readonly change: string;
}

/**
 * Reference page of the options, in Markdown.
 *
 * @param rules the charm's schema, by option.
 */
export function renderConfiguration(
  { options }: CharmMetadata,
  rules: Readonly<Record<string, OptionRule>>,
): string {
  return [
    ORIGIN("config.yaml and src/charm/configuration-schema.ts"),
    "# Configuration\n",
    "Set an option with `juju config github-runner <option>=<value>`. With an invalid value the unit is `blocked`, and the",
    "status names the option, the problem and an accepted form; all invalid options are listed. Nothing changes on LXD or",
    "GitHub until they are corrected. [Statuses](statuses.md) lists the other messages.\n",
    "## Effects of a change\n",
    "No change of an option ends a job.\n",
    "| options | idle runners | busy runners |",
    "| --- | --- | --- |",
    ...renderChanges(rules),
    "",
    ...Object.entries(options).map(([name, option]) => renderOption(name, option, rules[name])),
  ].join("\n");
}

function renderChanges(rules: Readonly<Record<string, OptionRule>>): string[] {
  return Object.entries(CHANGES).flatMap(([change, { idle, busy }]) => {
    const names = Object.entries(rules).flatMap(([name, rule]) =>
      rule.change === change ? [code(name)] : [],
    );
    return names.length === 0 ? [] : [`| ${names.join(", ")} | ${idle} | ${busy} |`];
  });
}

function renderOption(
  name: string,
  { type, default: value, description }: CharmMetadata["options"][string],
  rule: OptionRule | undefined,
): string {
  const fallback = value === undefined || value === "" ? "no default" : `default ${code(value)}`;
  const accepted = rule ? [`Accepted: ${prose(rule.accepted)}.\n`] : [];
  return [`## \`${name}\`\n`, `${type}, ${fallback}.\n`, `${prose(description)}\n`, ...accepted].join("\n");
}

/** Reference page of the actions, in Markdown. */
export function renderActions({ actions }: CharmMetadata): string {
  return [
    ORIGIN("actions.yaml"),
    "# Actions\n",
    "Run an action with `juju run github-runner/0 <action> [<parameter>=<value>]`. If an action cannot run, it fails with the",
    "message that the unit's status would show. An unexpected error is `exit status 1` for Juju: its reason is in the result",
    "`stderr` and in the log, and nothing that the action wrote to Juju is kept.\n",
    "`juju run` waits for a minute, and the action goes on after that. Those that create runners or build an image can take longer:",
    "add `--wait=15m`, or ask for the result with `juju show-task <id>`. The embedded agent waits until the action has ended.\n",
    ...Object.entries(actions).map(([name, action]) => renderAction(name, action)),
  ].join("\n");
}

function renderAction(name: string, { description, params, required }: ActionMetadata): string {
  const rows = Object.entries(params).map(([parameter, metadata]) =>
    parameterRow(parameter, metadata, required.includes(parameter)),
  );
  const table =
    rows.length === 0
      ? []
      : ["| parameter | type | default | meaning |", "| --- | --- | --- | --- |", ...rows, ""];
  return [`## \`${name}\`\n`, `${description.trim()}\n`, ...table].join("\n");
}

function parameterRow(name: string, parameter: ParameterSchema, required: boolean): string {
  const type = parameter.enum?.map(code).join(", ") ?? parameter.types.join(" or ");
  const fallback = required ? "required" : defaultCell(parameter.default);
  return `| \`${name}\` | ${type} | ${fallback} | ${cell(parameter.description)} |`;
}

function defaultCell(value: JsonValue | undefined): string {
  return value === undefined || value === "" ? "" : code(value);
}

function code(value: JsonValue): string {
  return `\`${typeof value === "string" ? value : JSON.stringify(value)}\``;
}

/** Escapes `<slug>`, which Markdown would read as a tag. */
export function prose(text: string): string {
  return text.trim().replaceAll("<", "&lt;");
}

/** Escapes a line break and a bar, which would end the cell. */
function cell(text: string): string {
  return prose(text).replaceAll("\n", " ").replaceAll("|", "\\|");
}
