import { writeFileSync } from "node:fs";
import type { LogLevel } from "charm-kit";
import type { CharmInstance } from "../charm.ts";
import { commandLineHookTools } from "../tools/command-line-hook-tools.ts";
import { dispatch, type ExitCode, type StateLocation } from "./dispatch.ts";
import { optionalVariable, type Environment } from "./environment.ts";
import type { Framework } from "../framework.ts";
import { readJujuContext } from "./juju-context.ts";
import type { Tracer } from "./tracer.ts";
import { assertFirstDispatch, markDispatch } from "./nested-dispatch.ts";

/** Set for an event that a person names: the dispatch fails when no handler observes it. */
const MUST_BE_OBSERVED = "CHARM_EVENT_MUST_BE_OBSERVED";

/** The class of a charm. */
export type CharmClass = new (framework: Framework) => CharmInstance;

/** Options of {@link main}. */
export interface MainOptions {
  /**
   * The environment of the dispatch.
   *
   * @default process.env
   */
  readonly env?: Environment;
  /**
   * Location of the stored state: see {@link DispatchOptions}.
   *
   * @default "file"
   */
  readonly state?: StateLocation;
  /**
   * Lowest log level that is written.
   *
   * @default "TRACE"
   */
  readonly logLevel?: LogLevel;
  /**
   * Receives the spans of the dispatch, its handlers and its hook tool calls.
   *
   * @default none
   */
  readonly tracer?: Tracer;
}

/**
 * Runs the charm for the dispatch in the environment, and ends the process with the exit code for Juju.
 *
 * SIGTERM aborts `event.signal`. When the handlers stop because of it, the process ends by SIGTERM, so that Juju runs
 * the hook again. An exit code would put the unit into the error state.
 */
export async function main(CharmClass: CharmClass, options: MainOptions = {}): Promise<never> {
  const controller = new AbortController();
  process.once("SIGTERM", () => {
    controller.abort(new Error("Juju ended the dispatch (SIGTERM)"));
  });
  const code = await run(CharmClass, options, controller.signal);
  if (code !== 0 && controller.signal.aborted) process.kill(process.pid, "SIGTERM");
  return process.exit(code);
}

async function run(CharmClass: CharmClass, options: MainOptions, signal: AbortSignal): Promise<ExitCode> {
  const { env = process.env, ...more } = options;
  try {
    const context = readJujuContext(env);
    assertFirstDispatch(env);
    markDispatch(process.env, env);
    const tools = commandLineHookTools({ env, signal });
    const create = (framework: Framework) => new CharmClass(framework);
    return await dispatch(create, {
      context,
      tools,
      writeLine,
      writeError,
      signal,
      uncaught: uncaught(),
      mustBeObserved: optionalVariable(env, MUST_BE_OBSERVED) !== undefined,
      ...more,
    });
  } catch (thrown) {
    const { reportError } = await import("./error-report.ts");
    writeError(reportError(thrown));
    return 1;
  }
}

/** Rejects with the first uncaught error or unhandled rejection. */
function uncaught(): Promise<never> {
  return new Promise((_, reject) => {
    process.on("uncaughtException", reject);
  });
}

/** Synchronous, because the first use of `process.stdout` takes more than a millisecond. */
function writeLine(line: string): void {
  writeFileSync(1, `${line}\n`);
}

function writeError(line: string): void {
  writeFileSync(2, `${line}\n`);
}
