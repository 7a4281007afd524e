import { appendFileSync, renameSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";

import { systemErrorCode, type Clock, type LogLevel } from "charm-kit";

/** A line of the log, as `juju debug-log` shows it. */
export interface LogLine {
  /** ISO 8601. */
  readonly time: string;
  readonly level: LogLevel;
  /** For example `app/0`. */
  readonly unit: string;
  /** For example `unit.app/0.juju-log`. */
  readonly logger: string;
  readonly message: string;
}

const ROTATE_AT_BYTES = 16 * 1024 * 1024;

/** The log file of a state directory. `write` returns after the line is in the file. */
export class AgentLog {
  readonly #path: string;
  readonly #clock: Clock;
  readonly #listener: (line: LogLine) => void;
  #written: number;

  constructor(path: string, clock: Clock, listener: (line: LogLine) => void) {
    this.#path = path;
    this.#clock = clock;
    this.#listener = listener;
    this.#written = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  }

  write(unit: string, source: string, level: LogLevel, message: string): void {
    const time = new Date(this.#clock.now()).toISOString();
    const line = { time, level, unit, logger: `unit.${unit}.${source}`, message };
    const text = `${renderLogLine(line)}\n`;
    // Synchronous, so that a logged line survives a kill of the agent.
    appendFileSync(this.#path, text, { mode: 0o600 });
    this.#written += Buffer.byteLength(text);
    if (this.#written > ROTATE_AT_BYTES) this.#rotate();
    this.#listener(line);
  }

  #rotate(): void {
    renameSync(this.#path, `${this.#path}.1`);
    this.#written = 0;
  }
}

/** Renders `unit-app-0: 2026-01-02T03:04:05.678Z INFO unit.app/0.juju-log text`. */
function renderLogLine(line: LogLine): string {
  return `unit-${line.unit.replace("/", "-")}: ${line.time} ${line.level} ${line.logger} ${line.message}`;
}

/**
 * The last `count` lines of a log file; none when there is no file.
 *
 * @param size bytes of the file to read. @default all
 */
export async function readLastLines(path: string, count: number, size?: number): Promise<readonly string[]> {
  const [old, current] = await Promise.all([readIfThere(`${path}.1`), readIfThere(path)]);
  const text = Buffer.concat([old, current.subarray(0, size)]).toString("utf8");
  const lines = text.split("\n").slice(0, -1);
  return count === 0 ? [] : lines.slice(-count);
}

async function readIfThere(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (thrown) {
    if (systemErrorCode(thrown) !== "ENOENT") throw thrown;
    return Buffer.alloc(0);
  }
}
