import { splitMessage } from "../../log/split-message.ts";
import type { ActionTools } from "../action-tools.ts";
import { LONGEST_ARGUMENT } from "./longest-argument.ts";
import type { ToolCaller } from "./tool-caller.ts";

/** The `action-*` tools. */
export function actionCommands(caller: ToolCaller): ActionTools {
  return {
    actionGet: async () => caller.readObject("action-get"),

    async actionSet(results) {
      const pairs = Object.entries(results).map(([key, value]) => `${key}=${value}`);
      if (pairs.length > 0) await caller.run("action-set", ["--", ...pairs]);
    },

    async actionFail(message) {
      await caller.run("action-fail", ["--", message]);
    },

    async actionLog(message) {
      for (const part of splitMessage(message, LONGEST_ARGUMENT)) {
        await caller.run("action-log", ["--", part]);
      }
    },
  };
}
