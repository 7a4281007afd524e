import type { ModelTools } from "../model-tools.ts";
import { readCloudSpec } from "./read-cloud-spec.ts";
import { readGoalState } from "./read-goal-state.ts";
import { unexpectedAnswer, type ToolCaller } from "./tool-caller.ts";

/** Juju guarantees leadership for this time. */
const LEADERSHIP_MS = 30_000;

/**
 * `config-get`, `is-leader`, `goal-state`, `credential-get` and `juju-reboot`.
 *
 * @param now monotonic clock, in milliseconds.
 */
export function modelCommands(caller: ToolCaller, now: () => number): ModelTools {
  /** Infinity after a negative answer, which is final for the dispatch, as in Juju. */
  let askedAt: number | undefined;
  return {
    configGet: async () => caller.readObject("config-get"),

    async isLeader() {
      const time = now();
      if (askedAt === undefined || time - askedAt >= LEADERSHIP_MS) {
        caller.forget("is-leader");
        askedAt = time;
      }
      const answer = await caller.read("is-leader");
      if (typeof answer !== "boolean") throw unexpectedAnswer("is-leader", "true or false");
      if (!answer) askedAt = Infinity;
      return answer;
    },

    goalState: async () => readGoalState(await caller.readObject("goal-state")),
    credentialGet: async () => readCloudSpec(await caller.readObject("credential-get")),

    async reboot(time = "after-hook") {
      await caller.run("juju-reboot", time === "now" ? ["--now"] : []);
    },
  };
}
