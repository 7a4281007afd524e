import { HookToolInputError } from "../hook-tool-refusals.ts";

/** Strings by name, as in relation data and in the state in the controller. */
type StringMap = Readonly<Record<string, string>>;

/** YAML allows 1024 characters for a key without `?`, including quotes. */
const LONGEST_IMPLICIT_KEY = 1000;

/** Half of a surrogate pair. UTF-8 cannot hold it, and no YAML escape writes it. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * Characters that JSON does not escape, but that YAML refuses or changes: controls, line breaks of YAML 1.1, the byte
 * order mark and noncharacters.
 */
const REFUSED_BY_YAML = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g;

/**
 * Checks that strings arrive unchanged through a hook tool.
 *
 * @throws {@link HookToolInputError} for an empty key, a key with U+0000, which the controller cannot store, and a lone
 *   surrogate. No member holds a value, which may be secret.
 */
export function assertWritable(tool: string, data: StringMap): void {
  for (const [key, value] of Object.entries(data)) {
    if (key === "") throw new HookToolInputError(tool, "a key is empty");
    if (key.includes("\0")) throw refusal(tool, "the key", key, "holds the character U+0000");
    for (const [what, text] of [
      ["the key", key],
      ["the value of", value],
    ] as const) {
      if (LONE_SURROGATE.test(text))
        throw refusal(tool, what, key, "holds half of a surrogate pair, which is not text");
    }
  }
}

/**
 * Renders strings for `--file -` of `relation-set` and `state-set`, which read YAML 1.1 with go-yaml. The result is
 * JSON with more escapes, and with explicit keys where a key is too long for an implicit one.
 *
 * @throws {@link HookToolInputError} when a string cannot arrive unchanged.
 */
export function stringMapInput(tool: string, data: StringMap): string {
  assertWritable(tool, data);
  const pairs = Object.entries(data).map(([key, value]) => {
    const name = quoted(key);
    return name.length > LONGEST_IMPLICIT_KEY ? `? ${name} : ${quoted(value)}` : `${name}:${quoted(value)}`;
  });
  return `{${pairs.join(",")}}`;
}

function quoted(text: string): string {
  return JSON.stringify(text).replace(
    REFUSED_BY_YAML,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function refusal(tool: string, what: string, key: string, problem: string): Error {
  const shown = key.length > 60 ? `${key.slice(0, 60)}…` : key;
  const name = JSON.stringify(shown);
  return new HookToolInputError(tool, `${what} ${name} ${problem}; encode it, for example as base64`);
}
