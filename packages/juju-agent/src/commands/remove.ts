import { targetApplication } from "./target.ts";
import { readArguments, type Command } from "./command.ts";

export const removeCommand: Command = {
  name: "remove",
  usage: "[--app NAME] [--force]",
  summary: "Stop and remove an application's units; with --force also when hooks fail",
  run: async ({ agent, argv, print, signal }) => {
    const { values } = readArguments(argv, {
      app: { type: "string" },
      force: { type: "boolean", default: false },
    });
    const application = await targetApplication(agent, values.app);
    await agent.remove(application, values.force, signal);
    print(`${application} removed\n`);
    return 0;
  },
};
