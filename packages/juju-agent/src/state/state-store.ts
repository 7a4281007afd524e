import { mkdir, readFile } from "node:fs/promises";
import { dirname } from "node:path";

import { isRecord, systemErrorCode, writeFileAtomically } from "charm-kit";
import { AgentRequestError } from "../agent-errors.ts";
import type { AgentState } from "./agent-state.ts";

/** Format of {@link AgentState}. */
const FORMAT = 1;

/**
 * The state file: every change is on disk before `update` resolves, and a kill at any point leaves the complete old or
 * new state.
 */
export class StateStore {
  readonly #path: string;
  #state: AgentState;
  #writing: Promise<void> = Promise.resolve();

  private constructor(path: string, state: AgentState) {
    this.#path = path;
    this.#state = state;
  }

  /** Reads the file; `initial` creates the state of an empty directory. */
  static async open(path: string, initial: () => AgentState): Promise<StateStore> {
    return new StateStore(path, (await readState(path)) ?? initial());
  }

  get state(): AgentState {
    return this.#state;
  }

  async update(change: (state: AgentState) => AgentState): Promise<void> {
    const next = change(this.#state);
    this.#state = next;
    const written = this.#writing.catch(() => undefined).then(() => writeState(this.#path, next));
    this.#writing = written;
    await written;
  }
}

/**
 * The state on disk; undefined when there is none.
 *
 * @throws AgentRequestError when the file is not a state of this version.
 */
export async function readState(path: string): Promise<AgentState | undefined> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (thrown) {
    if (systemErrorCode(thrown) === "ENOENT") return undefined;
    throw thrown;
  }
  return parseState(path, text);
}

function parseState(path: string, text: string): AgentState {
  const stored = parseJSON(text);
  const format = isRecord(stored) ? stored["format"] : undefined;
  if (isState(stored)) return stored;
  if (typeof format === "number" && format !== FORMAT) {
    throw new AgentRequestError(`Cannot read ${path}: it was written by another version of the agent`);
  }
  throw new AgentRequestError(`Cannot read ${path}: it is damaged, restore it or remove the directory`);
}

/** Parses JSON. Drops the error of `JSON.parse`, which quotes the text: it may contain secrets. */
function parseJSON(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isState(stored: unknown): stored is AgentState {
  if (!isRecord(stored) || stored["format"] !== FORMAT) return false;
  const { model, applications, units, secrets, actions, nextActionId } = stored;
  return (
    [model, applications, units, secrets ?? {}].every(isRecord) &&
    Array.isArray(actions) &&
    typeof nextActionId === "number"
  );
}

async function writeState(path: string, state: AgentState): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o755 });
  await writeFileAtomically(path, JSON.stringify(state, undefined, 1), { mode: 0o600 });
}
