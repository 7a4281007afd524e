import { createHash } from "node:crypto";

import { CharmArchiveError } from "juju-hook-tools";
import { AgentRequestError } from "../agent-errors.ts";

/** What values an option takes. */
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

/** A wanted change: a value as text (command line) or typed (YAML); null goes back to the default. */
export type ConfigChange = Readonly<Record<string, unknown>>;

const TYPES: readonly string[] = ["string", "int", "float", "boolean", "secret"];
const TRUE_WORDS: readonly string[] = ["1", "t", "T", "TRUE", "true", "True"];
const FALSE_WORDS: readonly string[] = ["0", "f", "F", "FALSE", "false", "False"];
const LARGEST_INT = 2n ** 63n - 1n;

/** Reads the parsed `config.yaml`. @throws CharmArchiveError as `juju deploy` refuses it. */
export function parseConfigOptions(document: unknown): ConfigOptions {
  if (document === null || document === undefined) return {};
  const options = isMap(document) ? document["options"] : undefined;
  if (!isMap(options))
    throw new CharmArchiveError("Cannot read config.yaml: empty configuration, it needs options");
  return Object.fromEntries(Object.entries(options).map(([name, raw]) => [name, parseOption(name, raw)]));
}

function parseOption(name: string, raw: unknown): ConfigOption {
  const option = isMap(raw) ? raw : {};
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
 * The values of an application after a change: typed values must have the type of their option, texts are read as it.
 *
 * @throws AgentRequestError naming the first option that is unknown or has the wrong type; nothing is changed then.
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
  // What was given is shown only where it cannot be a secret.
  const given =
    option.type === "string" || option.type === "secret" ? `a ${typeof wanted} value` : show(wanted);
  throw new AgentRequestError(
    `Cannot change the configuration: option "${name}" expected ${option.type}, got ${given}`,
  );
}

/** The value if it has the type already. */
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

/** Like Go's ParseInt, then like the JSON that carries the value: above 2^53 the last digits are lost. */
function parseInt64(text: string): number | undefined {
  if (!/^[+-]?\d+$/.test(text)) return undefined;
  const value = BigInt(text.replace(/^\+/, ""));
  return value <= LARGEST_INT && value >= -LARGEST_INT - 1n ? Number(value) : undefined;
}

/** What `config-get` gives: options that are set or have a default. */
export function effectiveConfig(options: ConfigOptions, values: ConfigValues): ConfigValues {
  const effective: Record<string, ConfigValue> = {};
  for (const [name, option] of Object.entries(options)) {
    const value = values[name] ?? option.default;
    if (value !== undefined) effective[name] = value;
  }
  return effective;
}

/** Values that a new archive of the charm still knows, in the type it wants. */
export function keepValidConfig(options: ConfigOptions, values: ConfigValues): ConfigValues {
  return Object.fromEntries(
    Object.entries(values).filter(([name, value]) => {
      const option = Object.hasOwn(options, name) ? options[name] : undefined;
      return option !== undefined && typedValue(option.type, value) !== undefined;
    }),
  );
}

/** Equal for equal effective values: config-changed is run when it differs from the one last delivered. */
export function configHash(effective: ConfigValues): string {
  const sorted = Object.entries(effective).sort(([left], [right]) => (left < right ? -1 : 1));
  return createHash("sha256").update(JSON.stringify(sorted)).digest("hex");
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function show(value: unknown): string {
  return JSON.stringify(value);
}
