import {
  valueTypeOf,
  type ActionMetadata,
  type CharmMetadata,
  type ParameterMetadata,
} from "./charm-metadata.ts";

/** TypeScript that tells the compiler which options and actions the charm has. */
export function renderTypes({ charm, options, actions }: CharmMetadata): string {
  return `// Made from charm.yaml, config.yaml and actions.yaml by \`npm run generate\`; changes here are lost.

/** The charm's name. */
export const charmName = ${JSON.stringify(charm.name)};

/** Types, as Juju names them, and defaults of the charm's options. */
export const options = {
${lines(options, (name, { type, default: value }) => `${key(name)}: ${JSON.stringify({ type, default: value })},`)}
} as const;

/** What \`config-get\` answers: all options have defaults. */
export interface OptionValues {
${lines(options, (name, { type }) => `readonly ${key(name)}: ${valueTypeOf(type)};`)}
}

export type OptionName = keyof OptionValues;

/** Parameters of the actions, by the action's name; those with a default are always there. */
export interface ActionParameters {
${lines(actions, (name, action) => `readonly ${key(name)}: ${parametersType(action)};`)}
}

export type ActionName = keyof ActionParameters;

/** Names of the charm's actions. */
export const actionNames = ${JSON.stringify(Object.keys(actions))} as const satisfies readonly ActionName[];
`;
}

function parametersType({ params = {}, required = [] }: ActionMetadata): string {
  const members = Object.entries(params).map(([name, parameter]) => {
    const present = parameter.default !== undefined || required.includes(name);
    return `readonly ${key(name)}${present ? "" : "?"}: ${parameterType(parameter)}`;
  });
  return members.length === 0 ? "Readonly<Record<never, never>>" : `{ ${members.join("; ")} }`;
}

function parameterType({ type, enum: values }: ParameterMetadata): string {
  if (values) return values.map((value) => JSON.stringify(value)).join(" | ");
  return type === "integer" ? "number" : type;
}

function lines<T>(record: Readonly<Record<string, T>>, line: (name: string, value: T) => string): string {
  return Object.entries(record)
    .map(([name, value]) => `  ${line(name, value)}`)
    .join("\n");
}

function key(name: string): string {
  return /^[a-z]+$/.test(name) ? name : JSON.stringify(name);
}
