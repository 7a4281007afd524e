import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Hook tools as shell scripts, which record their calls. */
export class ToolScripts {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** A `PATH` with the scripts first. */
  get path(): string {
    return [this.#directory, "/usr/bin", "/bin"].join(delimiter);
  }

  /** Writes a tool. Its script records the arguments, then runs `body`. */
  write(tool: string, body = ""): void {
    const file = join(this.#directory, tool);
    // One record for each call: the arguments, each followed by a unit separator, which no test uses.
    const note = `{ printf '%s\\037' "$(basename "$0")" "$@"; printf '\\036'; } >> "${this.#calls}"`;
    writeFileSync(file, `#!/bin/sh\n${note}\n${body}\n`);
    chmodSync(file, 0o755);
  }

  /** The recorded calls, each as the tool name and its arguments. */
  calls(): string[][] {
    if (!existsSync(this.#calls)) return [];
    const calls = readFileSync(this.#calls, "utf8").split("\x1e").slice(0, -1);
    return calls.map((call) => call.split("\x1f").slice(0, -1));
  }

  get #calls(): string {
    return join(this.#directory, "calls");
  }
}
