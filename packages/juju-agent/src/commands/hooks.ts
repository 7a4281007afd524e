import { targetUnit } from "./target.ts";
import { readArguments, readWord, type Command } from "./command.ts";

export const updateStatusCommand: Command = {
  name: "update-status",
  usage: "[--unit UNIT]",
  summary: "Run the update-status hook",
  run: async ({ agent, argv, signal }) => {
    const { values } = readArguments(argv, { unit: { type: "string" } });
    await agent.fireHook(await targetUnit(agent, values.unit), "update-status", signal);
    return 0;
  },
};

export const fireHookCommand: Command = {
  name: "fire-hook",
  usage: "[--unit UNIT] <hook>",
  summary: "Run a hook now",
  run: async ({ agent, argv, signal }) => {
    const { values, positionals } = readArguments(argv, { unit: { type: "string" } });
    const hook = readWord(positionals, "hook");
    await agent.fireHook(await targetUnit(agent, values.unit), hook, signal);
    return 0;
  },
};

export const resolveCommand: Command = {
  name: "resolve",
  usage: "[--unit UNIT] [--no-retry]",
  summary: "Retry a unit's failed hook, or with --no-retry mark it as done",
  run: async ({ agent, argv, signal }) => {
    const { values } = readArguments(argv, {
      unit: { type: "string" },
      "no-retry": { type: "boolean", default: false },
    });
    await agent.resolve(await targetUnit(agent, values.unit), !values["no-retry"], signal);
    return 0;
  },
};
