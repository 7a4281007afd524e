import { mkdir, open, readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";

import { AgentRequestError } from "../agent-errors.ts";
import type { AgentState } from "./agent-state.ts";

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
    const written = this.#writing.catch(() => undefined).then(() => writeAtomically(this.#path, next));
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
    if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw thrown;
  }
  return parseState(path, text);
}

function parseState(path: string, text: string): AgentState {
  try {
    const state = JSON.parse(text) as AgentState;
    // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- the type is a claim about a file
    if (state.format === 1) return state;
  } catch (cause) {
    throw new AgentRequestError(`Cannot read ${path}: it is damaged, restore it or remove the directory`, {
      cause,
    });
  }
  throw new AgentRequestError(`Cannot read ${path}: it was written by another version of the agent`);
}

async function writeAtomically(path: string, state: AgentState): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o755 });
  const temporary = `${path}.new`;
  const file = await open(temporary, "w", 0o600);
  try {
    await file.writeFile(JSON.stringify(state, undefined, 1));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}
