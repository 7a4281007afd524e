import { OPTION_TYPES, type OptionMetadata, type OptionType } from "./metadata.ts";
import { checkName } from "./names.ts";
import type { YamlNode } from "./yaml-node.ts";

/** Juju adds this option to every application and does not pass it to the charm. */
const TRUST = "trust";

/** Valid defaults for each type. */
const DEFAULTS: Readonly<
  Record<OptionType, { readonly accepted: string; readonly matches: (value: unknown) => boolean }>
> = {
  string: { accepted: "a string in quotes", matches: (value) => typeof value === "string" },
  int: { accepted: "a whole number", matches: Number.isSafeInteger },
  float: { accepted: "a number", matches: Number.isFinite },
  boolean: { accepted: "true or false", matches: (value) => typeof value === "boolean" },
  secret: {
    accepted: 'a secret URI, "secret:<id>", or no default',
    matches: (value) => typeof value === "string" && /^secret:[0-9a-v]{19}[0g]$/.test(value),
  },
};

/** Reads `config.yaml`. */
export function readOptions(file: YamlNode): Readonly<Record<string, OptionMetadata>> {
  file.allowOnly(["options"]);
  return Object.fromEntries(
    file
      .member("options")
      .members()
      .map(([name, option]) => [name, readOption(name, option)]),
  );
}

function readOption(name: string, option: YamlNode): OptionMetadata {
  checkName(option, name, "option");
  if (name === TRUST) option.report("the option name trust is reserved by Juju; use another");
  option.allowOnly(["type", "default", "description"]);
  const type = option.member("type").choice(OPTION_TYPES);
  return {
    type,
    default: readDefault(option.member("default"), type),
    description: option.member("description").text() ?? "",
  };
}

function readDefault(node: YamlNode, type: OptionType): OptionMetadata["default"] {
  const { value } = node;
  if (node.isMissing) return undefined;
  const { accepted, matches } = DEFAULTS[type];
  if (matches(value)) return value as string | number | boolean;
  node.report(
    `${node.label} is ${JSON.stringify(value)}, but the option is of type ${type}; use ${accepted}`,
  );
  return undefined;
}
