import { readdirSync, readFileSync } from "node:fs";
import { systemClock } from "charm-kit";

const PERIOD_MS = 5;

/** Remembers the command lines and environments of all processes of this machine, those in its containers too. */
export class ProcessWatch implements AsyncDisposable {
  /** Words separated by spaces. */
  readonly commandLines = new Set<string>();
  /** `NAME=value` of every process that was seen. */
  readonly variables = new Set<string>();
  readonly #end = new AbortController();
  readonly #ended: Promise<void>;
  readonly #known = new Map<string, string>();

  constructor() {
    this.#ended = this.#watch();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort();
    await this.#ended;
  }

  /** Reads the processes of this moment. */
  read(): void {
    for (const pid of readdirSync("/proc")) {
      if (!/^\d+$/.test(pid)) continue;
      const commandLine = read(`/proc/${pid}/cmdline`);
      // A process changes both with each program that it executes.
      if (commandLine === undefined || this.#known.get(pid) === commandLine) continue;
      this.#known.set(pid, commandLine);
      this.commandLines.add(commandLine.replaceAll("\0", " ").trim());
      for (const variable of (read(`/proc/${pid}/environ`) ?? "").split("\0")) this.variables.add(variable);
    }
  }

  async #watch(): Promise<void> {
    while (!this.#end.signal.aborted) {
      this.read();
      await systemClock.wait(PERIOD_MS, this.#end.signal).catch(() => undefined);
    }
  }
}

/** @returns undefined for a process that has ended. */
function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
