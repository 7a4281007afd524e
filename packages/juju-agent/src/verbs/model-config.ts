import { readArguments, readPair, type Verb } from "./verb.ts";

export const modelConfigVerb: Verb = {
  name: "model-config",
  usage: "KEY=VALUE...",
  summary: "Change settings of the model, such as juju-http-proxy; hooks see them from the next one on",
  run: async ({ agent, argv, signal }) => {
    const { positionals } = readArguments(argv, {});
    await agent.configureModel(Object.fromEntries(positionals.map(readPair)), signal);
    return 0;
  },
};
