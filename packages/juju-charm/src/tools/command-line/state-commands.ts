import { HookToolInputError } from "../hook-tool-refusals.ts";
import type { StateTools } from "../state-tools.ts";
import { stringMapInput } from "./string-map-input.ts";
import type { ToolCaller } from "./tool-caller.ts";

/** Juju's limits for the state of a unit, in bytes. */
const LONGEST_KEY = 256;
const LONGEST_VALUE = 64 * 1024;

/** The `state-*` tools. */
export function stateCommands(caller: ToolCaller): StateTools {
  return {
    stateGet: async () => caller.readStrings("state-get", ["--", "-"]),

    async stateSet(data) {
      // In a file, values are not on the command line and may be long.
      for (const [key, value] of Object.entries(data)) assertFits(key, value);
      await caller.run("state-set", ["--file", "-"], { input: stringMapInput("state-set", data) });
      caller.forget("state-get");
    },

    async stateDelete(key) {
      // Juju would exit with 0 and delete nothing.
      if (key === "") throw new HookToolInputError("state-delete", "the key is empty");
      await caller.run("state-delete", ["--", key]);
      caller.forget("state-get");
    },
  };
}

/** @throws {@link HookToolInputError} when Juju would refuse the length. */
function assertFits(key: string, value: string): void {
  const excess = [
    ["a key", Buffer.byteLength(key), LONGEST_KEY],
    ["a value", Buffer.byteLength(value), LONGEST_VALUE],
  ] as const;
  for (const [what, size, limit] of excess)
    if (size > limit)
      throw new HookToolInputError(
        "state-set",
        `${what} has ${size} bytes, and Juju accepts at most ${limit}`,
      );
}
