import { readFileSync } from "node:fs";
import { isRecord, messageOf, systemErrorCode, writeFileAtomically, type WriteSteps } from "charm-kit";
import type { JsonObject } from "../tools/hook-tools.ts";
import { parseJSON } from "../tools/json.ts";
import type { StateBackend } from "./state-backend.ts";
import { StoredStateError } from "./stored-state-error.ts";

/** Stores the slots as a JSON object in one file, which it replaces atomically. */
export class FileStateBackend implements StateBackend {
  readonly #path: string;
  readonly #steps: WriteSteps | undefined;

  /**
   * @param path absolute path of the file; its directory exists.
   * @param steps file operations; by default those of the disk, which tests replace.
   */
  constructor(path: string, steps?: WriteSteps) {
    this.#path = path;
    this.#steps = steps;
  }

  /** @throws {@link StoredStateError} when the file cannot be read or is damaged. */
  async read(): Promise<JsonObject> {
    // Synchronous: every dispatch reads this file, and most find none.
    return Promise.resolve(readObject(this.#path));
  }

  /** @throws {@link StoredStateError} when the file cannot be written. The old file stays. */
  async write(slots: JsonObject): Promise<void> {
    const text = `${JSON.stringify(slots, undefined, 2)}\n`;
    try {
      // Mode 0600: only the owner may read the state.
      await writeFileAtomically(this.#path, text, {
        mode: 0o600,
        ...(this.#steps && { steps: this.#steps }),
      });
    } catch (thrown) {
      throw new StoredStateError("write", this.#path, messageOf(thrown), { cause: thrown });
    }
  }
}

function readObject(path: string): JsonObject {
  try {
    const stored = parseJSON(readFileSync(path, "utf8"));
    if (isRecord(stored)) return stored;
  } catch (thrown) {
    if (systemErrorCode(thrown) === "ENOENT") return {};
    if (!(thrown instanceof SyntaxError)) {
      throw new StoredStateError("read", path, messageOf(thrown), { cause: thrown });
    }
  }
  throw new StoredStateError("read", path, "it is damaged; move it away to start with empty state");
}
