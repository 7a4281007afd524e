import { writeFileSync } from "node:fs";
import type { LogLevel } from "charm-kit";
import type { CharmInstance } from "../charm.ts";
import { commandLineHookTools } from "../tools/command-line-hook-tools.ts";
import { dispatch, type ExitCode, type StateLocation } from "./dispatch.ts";
import type { Environment } from "./environment.ts";
import type { Framework } from "../framework.ts";
import { readJujuContext } from "./juju-context.ts";
import { assertFirstDispatch, markDispatch } from "./nested-dispatch.ts";

/** A charm's class. */
export type CharmClass = new (framework: Framework) => CharmInstance;

/** What the composition root hands over. */
export interface MainOptions {
  /**
   * The environment of the dispatch.
   *
   * @default process.env
   */
  readonly env?: Environment;
  /**
   * Where the stored state is: see {@link DispatchOptions}.
   *
   * @default "file"
   */
  readonly state?: StateLocation;
  /**
   * The least important lines that are logged.
   *
   * @default "TRACE"
   */
  readonly logLevel?: LogLevel;
}

/**
 * Runs the charm for the dispatch that the environment describes, and ends the process with the exit code for Juju.
 *
 * SIGTERM aborts `event.signal`; when the handlers stop for it, the process ends by SIGTERM, which Juju answers by
 * running the hook again, where an exit code would put the unit in error.
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
    return await dispatch(create, { context, tools, writeLine, signal, fault: uncaught(), ...more });
  } catch (thrown) {
    const { reportError } = await import("./error-report.ts");
    writeFileSync(2, `${reportError(thrown)}\n`);
    return 1;
  }
}

/** Rejects with what nobody catches, a rejected promise that nobody awaits among it. */
function uncaught(): Promise<never> {
  return new Promise((_, reject) => {
    process.on("uncaughtException", reject);
  });
}

/** Writes at once: `process.stdout` costs a good millisecond at its first use. */
function writeLine(line: string): void {
  writeFileSync(1, `${line}\n`);
}
