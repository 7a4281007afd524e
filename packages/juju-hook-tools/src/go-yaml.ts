import { isMap, parseDocument, visit, type Pair } from "yaml";

import { isRecord, messageOf } from "charm-kit";
import type { Texts } from "./juju-backend.ts";
import { ToolError } from "./tool-error.ts";

/** Longest key without `?`, in characters, with its quotes. */
const LONGEST_IMPLICIT_KEY = 1024;

/** Characters that are not in YAML's printable set, apart from lone surrogates, which are not in valid UTF-8. */
const NOT_PRINTABLE = /[^\t\n\r\u0020-\u007e\u0085\u00a0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

/** Text for which the JSON parser and go-yaml agree, unless a key is long or an escape names a surrogate. */
const DIFFERS_FROM_JSON = /[\u0085\u2028\u2029]|\\u[dD][89a-fA-F]|[^{}:,]{1000}/u;

/**
 * Reads a map of strings as Juju's hook tools do. They use go-yaml, which is stricter than JSON and YAML 1.2:
 *
 * - it refuses control characters, U+FFFE and U+FFFF unless they are written as escapes;
 * - it refuses escapes of surrogates, so that a pair of them is no character;
 * - it refuses keys of more than 1024 characters without `?`;
 * - it takes U+0085 for a line break, which becomes a space within quotes.
 *
 * @param bytes of the file.
 * @throws ToolError with go-yaml's text.
 */
export function readStringMap(bytes: Uint8Array): Texts {
  const text = decoded(bytes);
  if (NOT_PRINTABLE.test(text)) throw new ToolError("yaml: control characters are not allowed");
  const document = DIFFERS_FROM_JSON.test(text) ? parseYAML(text) : parseSimple(text);
  if (document === null) return {};
  if (isRecord(document) && Object.values(document).every((value) => typeof value === "string"))
    return document as Texts;
  throw new ToolError("cannot unmarshal the file: expected a map of strings");
}

function decoded(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new ToolError("yaml: invalid leading UTF-8 octet");
  }
}

/** The JSON parser is faster. */
function parseSimple(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return parseYAML(text);
  }
}

function parseYAML(text: string): unknown {
  const lines = text.replaceAll("\u0085", "\n");
  const document = parseDocument(lines, { keepSourceTokens: true, uniqueKeys: false, version: "1.1" });
  const [error] = document.errors;
  if (error) throw new ToolError(`yaml: ${messageOf(error).split("\n", 1)[0] ?? ""}`);
  visit(document, {
    Pair: (_key, pair) => {
      assertKeyLength(pair, lines);
    },
    Scalar: (_key, { type, srcToken }) => {
      if (type === "QUOTE_DOUBLE" && srcToken && "source" in srcToken) assertNoSurrogate(srcToken.source);
    },
  });
  return isMap(document.contents) || document.contents === null ? document.toJS() : undefined;
}

function assertKeyLength({ key, srcToken }: Pair, text: string): void {
  const isExplicit = srcToken?.start.some(({ type }) => type === "explicit-key-ind") ?? false;
  const range = isRecord(key) && Array.isArray(key["range"]) ? (key["range"] as readonly number[]) : [];
  const length = Array.from(text.slice(range[0], range[1])).length;
  if (!isExplicit && length > LONGEST_IMPLICIT_KEY)
    throw new ToolError("yaml: line 1: did not find expected ',' or '}'");
}

function assertNoSurrogate(source: string): void {
  const escapes = source.match(/\\(?:u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)/gs) ?? [];
  const isSurrogate = (escape: string) => /^\\(?:u|U0000)[dD][89a-fA-F][0-9a-fA-F]{2}$/.test(escape);
  if (escapes.some(isSurrogate))
    throw new ToolError("yaml: line 1: found invalid Unicode character escape code");
}
