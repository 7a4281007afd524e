import { ToolError, usageError } from "./tool-error.ts";

/** Flags that a tool accepts, without their dashes; a `value` flag needs a value. */
export type FlagKinds = Readonly<Record<string, "switch" | "value">>;

/** A parsed command line. */
export interface ToolArguments {
  /** A switch that is on has the value "true". */
  readonly flags: Readonly<Record<string, string>>;
  readonly words: readonly string[];
}

/**
 * Reads a command line as Go's gnuflag does: flags and words in any order, `--flag value` or `--flag=value`, and `--`
 * before words that begin with a dash.
 *
 * @throws ToolError with exit code 2
 */
export function parseArguments(argv: readonly string[], kinds: FlagKinds): ToolArguments {
  const flags: Record<string, string> = {};
  const words: string[] = [];
  const rest = argv.values();
  for (const word of rest) {
    if (word === "--") {
      words.push(...rest);
      break;
    }
    if (!word.startsWith("-") || word === "-") {
      words.push(word);
      continue;
    }
    const [, dashes = "", name = "", given] = /^(--?)([^=]*)(?:=(.*))?$/s.exec(word) ?? [];
    flags[name] = flagValue(`${dashes}${name}`, kindOf(kinds, dashes, name), given ?? rest);
  }
  return { flags, words };
}

function kindOf(kinds: FlagKinds, dashes: string, name: string): "switch" | "value" {
  const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
  // A single dash is valid only before a single letter.
  if (kind !== undefined && (dashes === "-") === (name.length === 1)) return kind;
  throw usageError(`option provided but not defined: ${dashes}${name}`);
}

function flagValue(flag: string, kind: "switch" | "value", given: string | Iterator<string>): string {
  if (kind === "switch") return typeof given === "string" ? switchValue(flag, given) : "true";
  if (typeof given === "string") return given;
  const next = given.next();
  if (next.done === true) throw usageError(`option needs an argument: ${flag}`);
  return next.value;
}

function switchValue(flag: string, given: string): string {
  if (["1", "t", "T", "TRUE", "true", "True"].includes(given)) return "true";
  if (["0", "f", "F", "FALSE", "false", "False"].includes(given)) return "false";
  throw usageError(
    `invalid value "${given}" for option ${flag}: strconv.ParseBool: parsing "${given}": invalid syntax`,
  );
}

/** @throws ToolError when there are more than `count` words. */
export function assertAtMost(words: readonly string[], count: number): void {
  if (words.length <= count) return;
  const extra = words.slice(count).map((word) => JSON.stringify(word));
  throw usageError(`unrecognized args: [${extra.join(" ")}]`);
}

/**
 * Splits `key=value`.
 *
 * @param describe renders the error message
 * @throws ToolError when there is no equals sign or no key
 */
export function splitPair(word: string, describe: (word: string) => string): readonly [string, string] {
  const at = word.indexOf("=");
  if (at < 1) throw new ToolError(describe(word), 2);
  return [word.slice(0, at), word.slice(at + 1)];
}
