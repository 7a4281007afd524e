import { callTool, ToolError, HOOK_TOOLS, type JujuBackend } from "juju-hook-tools";
import { nextTurn } from "../dispatch/next-turn.ts";
import type { RunTool } from "../tools/command-line/run-tool.ts";
import type { Simulation } from "./simulation/simulation.ts";
import { hookToolRefusal, UnknownToolError } from "../tools/hook-tool-refusals.ts";

/**
 * Runs hook tools within this process, with the same command lines and error messages as the programs. Like a program,
 * a tool needs at least one turn of the event loop, so that a forgotten `await` shows.
 */
export function memoryTools(context: Simulation, directory: string): RunTool {
  return async (name, argv, { input }, signal) => {
    signal.throwIfAborted();
    const tool = HOOK_TOOLS.get(name);
    if (!tool) throw new UnknownToolError(name);
    await nextTurn();
    signal.throwIfAborted();
    const stdin = input === undefined ? undefined : Buffer.from(input);
    try {
      const { stdout = "" } = await callTool<JujuBackend>(tool, argv, { context, directory, stdin });
      // Juju would kill the charm during this call.
      if (context.effects.reboot === "now") return await new Promise<never>(() => undefined);
      return stdout;
    } catch (thrown) {
      if (!(thrown instanceof ToolError)) throw thrown;
      throw hookToolRefusal(name, thrown.exitCode, `ERROR ${thrown.message}\n`);
    }
  };
}
