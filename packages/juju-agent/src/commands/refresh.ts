import { resolve } from "node:path";

import { targetApplication } from "./target.ts";
import { readArguments, readWord, type Command } from "./command.ts";

export const refreshCommand: Command = {
  name: "refresh",
  usage: "[--app NAME] [--force] <archive.charm>",
  summary: "Replace an application's charm; with --force also after a failed hook",
  run: async ({ agent, argv, signal }) => {
    const { values, positionals } = readArguments(argv, {
      app: { type: "string" },
      force: { type: "boolean", default: false },
    });
    const archive = resolve(readWord(positionals, "archive"));
    await agent.refresh(await targetApplication(agent, values.app), archive, values.force, signal);
    return 0;
  },
};
