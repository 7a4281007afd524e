import { createHash } from "node:crypto";

import { CharmArchiveError } from "juju-hook-tools";
import { isRecord } from "charm-kit";
import { AgentRequestError } from "../agent-errors.ts";

/** Type of an option. */
export type OptionType = "string" | "int" | "float" | "boolean" | "secret";

/** The value of an option. */
export type ConfigValue = string | number | boolean;

export type ConfigValues = Readonly<Record<string, ConfigValue>>;

export interface ConfigOption {
  readonly type: OptionType;
  /** Absent when the option has no default. */
  readonly default?: ConfigValue;
  readonly description: string;
}

export type ConfigOptions = Readonly<Record<string, ConfigOption>>;

/** A configuration change: each value is text (command line) or typed (YAML); null restores the default. */
export type ConfigChange = Readonly<Record<string, unknown>>;

const TYPES: readonly string[] = ["string", "int", "float", "boolean", "secret"];
const TRUE_WORDS: readonly string[] = ["1", "t", "T", "TRUE", "true", "True"];
const FALSE_WORDS: readonly string[] = ["0", "f", "F", "FALSE", "false", "False"];
const LARGEST_INT = 2n ** 63n - 1n;

/** Reads the parsed `config.yaml`. @throws CharmArchiveError where `juju deploy` refuses */
export function parseConfigOptions(document: unknown): ConfigOptions {
  if (document === null || document === undefined) return {};
  const options = isRecord(document) ? document["options"] : undefined;
  if (!isRecord(options))
    throw new CharmArchiveError("Cannot read config.yaml: empty configuration, it needs options");
  return Object.fromEntries(Object.entries(options).map(([name, raw]) => [name, parseOption(name, raw)]));
}

function parseOption(name: string, raw: unknown): ConfigOption {
  const option = isRecord(raw) ? raw : {};
  const type = option["type"] ?? "string";
  if (typeof type !== "string" || !TYPES.includes(type)) {
    throw new CharmArchiveError(
      `Cannot read config.yaml: invalid config: option "${name}" has unknown type ${show(type)}`,
    );
  }
  const parsed = { type: type as OptionType, description: textOf(option["description"]) };
  const preset = option["default"];
  if (preset === null || preset === undefined) return parsed;
  const value = typedValue(parsed.type, preset);
  if (value === undefined || (parsed.type === "secret" && value !== "")) {
    throw new CharmArchiveError(
      `Cannot read config.yaml: invalid config default: option "${name}" expected ${type}, got ${show(preset)}`,
    );
  }
  return { ...parsed, default: value };
}

/**
 * An application's values after a change. A typed value must have its option's type; text is parsed as that type.
 *
 * @throws AgentRequestError for the first unknown option or wrong type; nothing is changed
 */
export function changeConfig(
  options: ConfigOptions,
  current: ConfigValues,
  change: ConfigChange,
): ConfigValues {
  const next: Record<string, ConfigValue> = { ...current };
  for (const [name, wanted] of Object.entries(change)) {
    const option = Object.hasOwn(options, name) ? options[name] : undefined;
    if (option === undefined)
      throw new AgentRequestError(`Cannot change the configuration: unknown option "${name}"`);
    if (wanted === null) {
      // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- a record of options that are set
      delete next[name];
      continue;
    }
    next[name] = changedValue(name, option, wanted);
  }
  return next;
}

function changedValue(name: string, option: ConfigOption, wanted: unknown): ConfigValue {
  const value =
    typedValue(option.type, wanted) ??
    (typeof wanted === "string" ? parseText(option.type, wanted) : undefined);
  if (value !== undefined) return value;
  // A string or secret value is never shown: it may be confidential.
  const given =
    option.type === "string" || option.type === "secret" ? `a ${typeof wanted} value` : show(wanted);
  throw new AgentRequestError(
    `Cannot change the configuration: option "${name}" expected ${option.type}, got ${given}`,
  );
}

/** The value, if it already has the type. */
function typedValue(type: OptionType, value: unknown): ConfigValue | undefined {
  switch (type) {
    case "string":
      return typeof value === "string" ? value : undefined;
    case "secret":
      return typeof value === "string" && (value === "" || value.startsWith("secret:")) ? value : undefined;
    case "int":
      return typeof value === "number" && Number.isInteger(value) ? value : undefined;
    case "float":
      return typeof value === "number" ? value : undefined;
    case "boolean":
      return typeof value === "boolean" ? value : undefined;
  }
}

function parseText(type: OptionType, text: string): ConfigValue | undefined {
  switch (type) {
    case "int":
      return parseInt64(text);
    case "float":
      return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : undefined;
    case "boolean":
      if (TRUE_WORDS.includes(text)) return true;
      return FALSE_WORDS.includes(text) ? false : undefined;
    case "string":
    case "secret":
      return undefined;
  }
}

/** Parses like Go's ParseInt. Values above 2^53 lose their last digits, as in JSON. */
function parseInt64(text: string): number | undefined {
  if (!/^[+-]?\d+$/.test(text)) return undefined;
  const value = BigInt(text.replace(/^\+/, ""));
  return value <= LARGEST_INT && value >= -LARGEST_INT - 1n ? Number(value) : undefined;
}

/** The values of `config-get`: options that are set or have a default. */
export function effectiveConfig(options: ConfigOptions, values: ConfigValues): ConfigValues {
  const effective: Record<string, ConfigValue> = {};
  for (const [name, option] of Object.entries(options)) {
    const value = values[name] ?? option.default;
    if (value !== undefined) effective[name] = value;
  }
  return effective;
}

/** Keeps values whose option still exists in a new archive with the same type. */
export function keepValidConfig(options: ConfigOptions, values: ConfigValues): ConfigValues {
  return Object.fromEntries(
    Object.entries(values).filter(([name, value]) => {
      const option = Object.hasOwn(options, name) ? options[name] : undefined;
      return option !== undefined && typedValue(option.type, value) !== undefined;
    }),
  );
}

/** Hash of effective values: config-changed runs when it differs from the last delivered hash. */
export function configHash(effective: ConfigValues): string {
  const sorted = Object.entries(effective).sort(([left], [right]) => (left < right ? -1 : 1));
  return createHash("sha256").update(JSON.stringify(sorted)).digest("hex");
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function show(value: unknown): string {
  return JSON.stringify(value);
}
