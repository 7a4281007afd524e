import { readFile } from "node:fs/promises";
import { parse } from "yaml";

import { isRecord, messageOf } from "charm-kit";
import { AgentRequestError } from "../agent-errors.ts";
import type { ConfigChange } from "../charm/config-options.ts";
import { readPair } from "./command.ts";

/** Reads options from `key=value` words; `key=@path` reads a file, which keeps a secret off the command line. */
export async function readConfigPairs(words: readonly string[]): Promise<ConfigChange> {
  const pairs = words.map(async (word) => {
    const [name, value] = readPair(word);
    return [name, value.startsWith("@") ? await readText(value.slice(1)) : value] as const;
  });
  return Object.fromEntries(await Promise.all(pairs));
}

/**
 * Reads options from a YAML file: a map of options, or a map of applications to such maps.
 *
 * @param names names under which the options may be, the first one found wins: the application's and the charm's.
 */
export async function readConfigFile(path: string, names: readonly string[]): Promise<ConfigChange> {
  const document = await readYaml(path);
  const own = names
    .map((name) => (Object.hasOwn(document, name) ? document[name] : undefined))
    .find(isRecord);
  return own ?? document;
}

/** Reads a YAML file that contains a map. @throws AgentRequestError */
export async function readYaml(path: string): Promise<Readonly<Record<string, unknown>>> {
  let document: unknown;
  try {
    document = parse(await readText(path));
  } catch (cause) {
    throw new AgentRequestError(`Cannot read ${path}: ${messageOf(cause)}`, { cause });
  }
  if (isRecord(document)) return document;
  throw new AgentRequestError(`Cannot read ${path}: it is not a map of names and values`);
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new AgentRequestError(`Cannot read ${path}: ${messageOf(cause)}`, { cause });
  }
}
