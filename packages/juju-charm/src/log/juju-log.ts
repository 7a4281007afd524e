import { DeadlineError, messageOf, createLogger, type Logger, type LogLevel } from "charm-kit";
import type { HookTools } from "../tools/hook-tools.ts";

/** What a {@link JujuLog} needs. */
export interface JujuLogDeps {
  readonly tools: Pick<HookTools, "log">;
  /** Takes secrets out of a line. */
  readonly scrub: (text: string) => string;
  /** Writes a line to standard output, which Juju logs at DEBUG: it costs no process. */
  readonly writeLine: (line: string) => void;
  /**
   * Which way DEBUG lines go. Standard output of an action is part of its results, so there they go through `juju-log`.
   *
   * @default "stdout"
   */
  readonly debug?: "stdout" | "juju-log";
  /**
   * The least important lines that go anywhere.
   *
   * @default "TRACE"
   */
  readonly level?: LogLevel;
}

/** Levels, least important first. */
const LEVELS: readonly LogLevel[] = ["TRACE", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"];

/** The log of a dispatch: runs `juju-log` in the order of the lines, without making their writers wait. */
export class JujuLog {
  readonly logger: Logger;
  readonly #deps: JujuLogDeps;
  readonly #level: number;
  #tail: Promise<void> = Promise.resolve();
  /** Set once juju-log has hung: the lines behind must not wait for as many deadlines. */
  #hangs = false;

  constructor(deps: JujuLogDeps) {
    this.#deps = deps;
    this.#level = LEVELS.indexOf(deps.level ?? "TRACE");
    this.logger = createLogger((level, line) => {
      this.#accept(level, line);
    }, deps.scrub);
  }

  /** Resolves when all lines written before the call, and those that come meanwhile, are delivered. */
  async drain(): Promise<void> {
    let awaited: Promise<void>;
    do {
      awaited = this.#tail;
      await awaited;
    } while (awaited !== this.#tail);
  }

  #accept(level: LogLevel, line: string): void {
    if (LEVELS.indexOf(level) < this.#level) return;
    const isDetail = level === "DEBUG" || level === "TRACE";
    if (isDetail && this.#deps.debug !== "juju-log") this.#deps.writeLine(line);
    else this.#tail = this.#tail.then(() => this.#deliver(level, line));
  }

  /** A log that fails must not fail the hook: the line goes to standard output instead. */
  async #deliver(level: LogLevel, line: string): Promise<void> {
    if (this.#hangs) {
      this.#deps.writeLine(`${level} ${line}`);
      return;
    }
    try {
      await this.#deps.tools.log(level, line);
    } catch (thrown) {
      this.#hangs = thrown instanceof DeadlineError;
      this.#deps.writeLine(`${level} ${line}`);
      this.#deps.writeLine(this.#deps.scrub(messageOf(thrown)));
    }
  }
}
