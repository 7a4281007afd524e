import type { YamlNode } from "./yaml-node.ts";

/** A pattern for names, with its description for messages. */
export interface NameRule {
  readonly pattern: RegExp;
  readonly accepted: string;
}

/** Juju's rules for names (from juju/names and juju/charm). */
export const NAMES = {
  charm: {
    pattern: /^[a-z][a-z0-9]*(?:-[a-z0-9]*[a-z][a-z0-9]*)*$/,
    accepted: "lower-case letters, digits and hyphens, with a letter in each part",
  },
  endpoint: {
    pattern: /^[a-z][a-z0-9]*(?:[_-][a-z0-9]+)*$/,
    accepted: "lower-case letters, digits and inner hyphens or underscores",
  },
  storage: {
    pattern: /^[a-z][a-z0-9]*(?:-[a-z0-9]*[a-z][a-z0-9]*)*$/,
    accepted: "lower-case letters, digits and hyphens, with a letter in each part",
  },
  resource: {
    pattern: /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/,
    accepted: "lower-case letters, digits and inner hyphens",
  },
  option: {
    pattern: /^[a-z][a-z0-9]*(?:[_-][a-z0-9]+)*$/,
    accepted: "lower-case letters, digits and inner hyphens",
  },
  action: {
    pattern: /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/,
    accepted: "lower-case letters, digits and inner hyphens",
  },
  parameter: { pattern: /^[^$.][^.]*$/, accepted: "a name without dots that does not begin with $" },
  result: {
    pattern: /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/,
    accepted: "lower-case letters, digits and inner hyphens",
  },
} as const satisfies Record<string, NameRule>;

/** Reports an invalid name. */
export function checkName(node: YamlNode, name: string, kind: keyof typeof NAMES): void {
  const { pattern, accepted } = NAMES[kind];
  if (!pattern.test(name)) node.report(`the ${kind} name "${name}" is not valid; use ${accepted}`);
}

/** Whether Juju reserves a name of an endpoint, an interface or an action. */
export function isReserved(name: string): boolean {
  return name === "juju" || name.startsWith("juju-");
}
