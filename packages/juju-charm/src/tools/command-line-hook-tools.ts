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

/** How hook tools are run. */
export interface CommandLineHookToolsOptions {
  /** The environment of the dispatch. */
  readonly env: Environment;
  /** Aborted when Juju ends the dispatch early: running tools are killed. Log lines are still delivered. */
  readonly signal: AbortSignal;
  /**
   * Longest time one tool may take, in milliseconds.
   *
   * @default 60000
   */
  readonly limitMs?: number;
  /**
   * Milliseconds of a clock that never goes back.
   *
   * @default performance.now
   */
  readonly now?: () => number;
  /**
   * Runs a tool and gives what it writes to standard output.
   *
   * @default starts the process of that name
   */
  readonly runTool?: RunTool;
}

const DEFAULT_LIMIT_MS = 60_000;

/**
 * The hook tools that the unit agent puts on `PATH`.
 *
 * Made for one dispatch: what was answered once is not asked again before this dispatch changes it, and a status that
 * is shown already is not set again. A yes to `is-leader` is good for 30 seconds.
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
