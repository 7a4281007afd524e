import { readFileSync } from "node:fs";
import { messageOf, systemErrorCode, type WriteSteps } from "charm-kit";
import type { JsonObject } from "../tools/hook-tools.ts";
import { isJsonObject, parseJSON } from "../tools/json.ts";
import type { StateBackend } from "./state-backend.ts";
import { StoredStateError } from "./stored-state-error.ts";

/** Keeps the slots as a JSON object in one file, which is replaced as a whole. */
export class FileStateBackend implements StateBackend {
  readonly #path: string;
  readonly #steps: WriteSteps | undefined;

  /**
   * @param path absolute path of the file; its directory exists.
   * @param steps how the file is written; the disk unless a test breaks it.
   */
  constructor(path: string, steps?: WriteSteps) {
    this.#path = path;
    this.#steps = steps;
  }

  /** @throws {@link StoredStateError} when the file cannot be read or is not what {@link write} writes. */
  async read(): Promise<JsonObject> {
    // At once, without a thread: every dispatch looks here, and most find no file.
    return Promise.resolve(readObject(this.#path));
  }

  /** @throws {@link StoredStateError} when the file cannot be written; the old one stays. */
  async write(slots: JsonObject): Promise<void> {
    const { writeFileAtomically } = await import("./write-state-file.ts");
    const text = `${JSON.stringify(slots, undefined, 2)}\n`;
    try {
      // What a unit remembers is nobody else's business.
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
    if (isJsonObject(stored)) return stored;
  } catch (thrown) {
    if (systemErrorCode(thrown) === "ENOENT") return {};
    if (!(thrown instanceof SyntaxError)) {
      throw new StoredStateError("read", path, messageOf(thrown), { cause: thrown });
    }
  }
  throw new StoredStateError("read", path, "it is damaged; move it away to start from nothing");
}
