import type { StateTools } from "../state-tools.ts";
import type { ToolCaller } from "./tool-caller.ts";

/** The `state-*` tools. */
export function stateCommands(caller: ToolCaller): StateTools {
  return {
    stateGet: async () => caller.readStrings("state-get", ["--", "-"]),

    async stateSet(data) {
      // In a file, values are not on the command line and may be long.
      await caller.run("state-set", ["--file", "-"], { input: JSON.stringify(data) });
      caller.forget("state-get");
    },

    async stateDelete(key) {
      await caller.run("state-delete", ["--", key]);
      caller.forget("state-get");
    },
  };
}
