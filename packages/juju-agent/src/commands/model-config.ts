import { readArguments, readPair, type Command } from "./command.ts";

export const modelConfigCommand: Command = {
  name: "model-config",
  usage: "KEY=VALUE...",
  summary: "Change model settings, such as juju-http-proxy; the next hook sees them",
  run: async ({ agent, argv, signal }) => {
    const { positionals } = readArguments(argv, {});
    await agent.configureModel(Object.fromEntries(positionals.map(readPair)), signal);
    return 0;
  },
};
