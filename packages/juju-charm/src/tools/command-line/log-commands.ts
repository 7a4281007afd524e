import { splitMessage } from "../../log/split-message.ts";
import type { LogTools } from "../log-tools.ts";
import { LONGEST_ARGUMENT } from "./longest-argument.ts";
import type { ToolCaller } from "./tool-caller.ts";

/** `juju-log`. */
export function logCommands(caller: ToolCaller): LogTools {
  return {
    async log(level, message) {
      // Lines from before an abort must still be logged: only the time limit ends juju-log.
      const { signal } = new AbortController();
      for (const part of splitMessage(message, LONGEST_ARGUMENT)) {
        await caller.run("juju-log", ["--log-level", level, "--", part], { signal });
      }
    },
  };
}
