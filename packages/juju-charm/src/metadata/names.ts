import type { YamlNode } from "./yaml-node.ts";

/** A pattern of names, and how a person is told of it. */
export interface NameRule {
  readonly pattern: RegExp;
  readonly accepted: string;
}

/** Names as Juju takes them (names of juju/names and juju/charm). */
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

/** Notes a fault at the node when its name is not one of the kind. */
export function checkName(node: YamlNode, name: string, kind: keyof typeof NAMES): void {
  const { pattern, accepted } = NAMES[kind];
  if (!pattern.test(name)) node.fault(`the ${kind} name "${name}" is not valid; use ${accepted}`);
}

/** Tells whether Juju keeps a name of an endpoint, an interface or an action for itself. */
export function isReserved(name: string): boolean {
  return name === "juju" || name.startsWith("juju-");
}
