import { resolve } from "node:path";

import { AgentRequestError } from "../agent-errors.ts";
import type { ConfigChange } from "../charm/config-options.ts";
import { readConfigFile, readConfigPairs } from "./config-input.ts";
import { readArguments, readWord, type Command } from "./command.ts";

export const deployCommand: Command = {
  name: "deploy",
  usage: "<archive.charm> [--app NAME] [--config KEY=VALUE | --config FILE.yaml]... [--unit-number N]",
  summary: "Deploy a packed charm, or add a unit to its application",
  run: async ({ agent, argv, print, signal }) => {
    const { values, positionals } = readArguments(argv, {
      app: { type: "string" },
      config: { type: "string", multiple: true, default: [] },
      "unit-number": { type: "string" },
    });
    const options = {
      archive: resolve(readWord(positionals, "archive")),
      config: await readConfig(values.config, values.app),
      ...(values.app === undefined ? {} : { application: values.app }),
      ...(values["unit-number"] === undefined ? {} : { unitNumber: readNumber(values["unit-number"]) }),
    };
    print(`${await agent.deploy(options, signal)} deployed\n`);
    return 0;
  },
};

/** Values on the command line win over files. */
async function readConfig(given: readonly string[], application: string | undefined): Promise<ConfigChange> {
  const files = given.filter((value) => !value.includes("="));
  const changes = await Promise.all(files.map((file) => readConfigFile(file, application)));
  const pairs = await readConfigPairs(given.filter((value) => value.includes("=")));
  return Object.assign({}, ...changes, pairs) as ConfigChange;
}

function readNumber(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new AgentRequestError(`Cannot read --unit-number "${text}": give a number from 0`);
}
