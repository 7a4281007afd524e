import { DeadlineError, messageOf, createLogger, type Logger, type LogLevel } from "charm-kit";
import type { HookTools } from "../tools/hook-tools.ts";

/** Services and settings of a {@link JujuLog}. */
export interface JujuLogDependencies {
  readonly tools: Pick<HookTools, "log">;
  /** Redacts secrets in a line. */
  readonly scrub: (text: string) => string;
  /** Writes a line to standard output, which Juju logs at DEBUG without another process. */
  readonly writeLine: (line: string) => void;
  /**
   * Destination of DEBUG lines. In an action use `juju-log`, because standard output is part of its results.
   *
   * @default "stdout"
   */
  readonly debug?: "stdout" | "juju-log";
  /**
   * Lowest log level that is written.
   *
   * @default "TRACE"
   */
  readonly level?: LogLevel;
}

/** Levels in ascending order. */
const LEVELS: readonly LogLevel[] = ["TRACE", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"];

/** The log of a dispatch. Runs `juju-log` in the order of the lines, without blocking their writers. */
export class JujuLog {
  readonly logger: Logger;
  readonly #dependencies: JujuLogDependencies;
  readonly #level: number;
  #tail: Promise<void> = Promise.resolve();
  /** Set after juju-log has hung, so that later lines do not wait for further deadlines. */
  #hangs = false;

  constructor(dependencies: JujuLogDependencies) {
    this.#dependencies = dependencies;
    this.#level = LEVELS.indexOf(dependencies.level ?? "TRACE");
    this.logger = createLogger((level, line) => {
      this.#accept(level, line);
    }, dependencies.scrub);
  }

  /** Resolves when all lines are delivered, including those written during the call. */
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
    if (isDetail && this.#dependencies.debug !== "juju-log") this.#dependencies.writeLine(line);
    else this.#tail = this.#tail.then(() => this.#deliver(level, line));
  }

  /** Writes the line to standard output when juju-log fails: a log error must not fail the hook. */
  async #deliver(level: LogLevel, line: string): Promise<void> {
    if (this.#hangs) {
      this.#dependencies.writeLine(`${level} ${line}`);
      return;
    }
    try {
      await this.#dependencies.tools.log(level, line);
    } catch (thrown) {
      this.#hangs = thrown instanceof DeadlineError;
      this.#dependencies.writeLine(`${level} ${line}`);
      this.#dependencies.writeLine(this.#dependencies.scrub(messageOf(thrown)));
    }
  }
}
