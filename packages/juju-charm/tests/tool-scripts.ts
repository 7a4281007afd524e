import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Hook tools as shell scripts in a directory, which note how they were called. */
export class ToolScripts {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** A `PATH` that finds the scripts first. */
  get path(): string {
    return [this.#directory, "/usr/bin", "/bin"].join(delimiter);
  }

  /** Writes a tool; `body` is what its script does after it has noted its arguments. */
  write(tool: string, body = ""): void {
    const file = join(this.#directory, tool);
    // One line a call: the arguments, each ended by a unit separator, which no test uses.
    const note = `{ printf '%s\\037' "$(basename "$0")" "$@"; printf '\\036'; } >> "${this.#notes}"`;
    writeFileSync(file, `#!/bin/sh\n${note}\n${body}\n`);
    chmodSync(file, 0o755);
  }

  /** The calls so far, each as the name of the tool and its arguments. */
  calls(): string[][] {
    if (!existsSync(this.#notes)) return [];
    const calls = readFileSync(this.#notes, "utf8").split("\x1e").slice(0, -1);
    return calls.map((call) => call.split("\x1f").slice(0, -1));
  }

  get #notes(): string {
    return join(this.#directory, "calls");
  }
}
