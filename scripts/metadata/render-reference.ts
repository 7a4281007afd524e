import type { ActionMetadata, CharmMetadata, ParameterSchema } from "../../src/framework/metadata/index.ts";
import type { JsonValue } from "../../src/framework/index.ts";

const ORIGIN = (file: string) =>
  `<!-- Made from ${file} by \`npm run generate\`; changes here are lost. -->\n`;

/** Reference page of the options, in Markdown. */
export function renderConfiguration({ options }: CharmMetadata): string {
  const rows = Object.entries(options).map(
    ([name, { type, default: value, description }]) =>
      `| \`${name}\` | ${type} | ${defaultCell(value)} | ${cell(description)} |`,
  );
  return [
    ORIGIN("config.yaml"),
    "# Configuration\n",
    "Set an option with `juju config github-runner <option>=<value>`. A bad value puts the unit in `blocked` with a message",
    "that names the option and an accepted form; nothing changes until it is mended.\n",
    "| option | type | default | meaning |",
    "| --- | --- | --- | --- |",
    ...rows,
    "",
  ].join("\n");
}

/** Reference page of the actions, in Markdown. */
export function renderActions({ actions }: CharmMetadata): string {
  return [
    ORIGIN("actions.yaml"),
    "# Actions\n",
    "Run an action with `juju run github-runner/0 <action> [<parameter>=<value>]`. An action that cannot run fails with the",
    "message that the unit's status would show.\n",
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

/** A line break or a bar would end the cell; `<slug>` would be taken as a tag. */
function cell(text: string): string {
  return text.trim().replaceAll("\n", " ").replaceAll("|", "\\|").replaceAll("<", "&lt;");
}
