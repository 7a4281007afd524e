import type { Environment } from "../dispatch/environment.ts";
import { actionCommands } from "./command-line/action-commands.ts";
import { logCommands } from "./command-line/log-commands.ts";
import { modelCommands } from "./command-line/model-commands.ts";
import { networkCommands } from "./command-line/network-commands.ts";
import { relationCommands } from "./command-line/relation-commands.ts";
import { secretCommands } from "./command-line/secret-commands.ts";
import { stateCommands } from "./command-line/state-commands.ts";
import { runTool as startTool, type RunTool } from "./command-line/run-tool.ts";
import { statusCommands } from "./command-line/status-commands.ts";
import { storageCommands } from "./command-line/storage-commands.ts";
import { ToolCaller } from "./command-line/tool-caller.ts";
import type { HookTools } from "./hook-tools.ts";

/** Options of {@link commandLineHookTools}. */
export interface CommandLineHookToolsOptions {
  /** The environment of the dispatch. */
  readonly env: Environment;
  /** Aborted when Juju ends the dispatch early. Running tools are then killed; log lines are still delivered. */
  readonly signal: AbortSignal;
  /**
   * Time limit for one tool, in milliseconds.
   *
   * @default 60000
   */
  readonly limitMs?: number;
  /**
   * Monotonic clock, in milliseconds.
   *
   * @default performance.now
   */
  readonly now?: () => number;
  /**
   * Runs a tool and returns its standard output.
   *
   * @default starts the process with the tool's name
   */
  readonly runTool?: RunTool;
}

const DEFAULT_LIMIT_MS = 60_000;

/**
 * The hook tools that the unit agent provides on `PATH`.
 *
 * Create them for one dispatch: they cache each answer until the dispatch changes it, and do not set an unchanged status
 * again. A positive answer of `is-leader` is cached for 30 seconds.
 */
export function commandLineHookTools(options: CommandLineHookToolsOptions): HookTools {
  const { env, signal, limitMs = DEFAULT_LIMIT_MS, runTool = startTool } = options;
  const { now = () => performance.now() } = options;
  const caller = new ToolCaller({ env, signal, limitMs, runTool });
  return {
    ...actionCommands(caller),
    ...logCommands(caller),
    ...modelCommands(caller, now),
    ...networkCommands(caller),
    ...relationCommands(caller),
    ...secretCommands(caller),
    ...stateCommands(caller),
    ...statusCommands(caller),
    ...storageCommands(caller),
  };
}
