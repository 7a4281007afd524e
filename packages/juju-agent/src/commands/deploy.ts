import { resolve } from "node:path";

import type { ConfigChange } from "../charm/config-options.ts";
import { collect, readCount, type AddVerbs } from "./command.ts";
import { noteOnReboots } from "./service.ts";
import { readConfigFile, readConfigPairs } from "./config-input.ts";

export const addDeploy: AddVerbs = ({ add, run }) => {
  add("deploy", "Deploy a packed charm, or add a unit to its application")
    .description(
      "Deploys a packed charm, or adds a unit to its application. Repeated after an interrupted or failed deployment, it " +
        "continues with the same unit.",
    )
    .argument("<archive>", "path of the .charm file")
    .option("--app <name>", "name of the application (default: the name of the charm)")
    .option("--config <pair or file>", "KEY=VALUE, KEY=@FILE, or a YAML file; may be repeated", collect, [])
    .option("--unit-number <number>", "number of the unit (default: the next free one)", readCount)
    .action((archive, { app, config, unitNumber }) =>
      run(async (call) => {
        const { agent, print, printNote, signal } = call;
        const path = resolve(archive);
        const charm = await agent.charmIn(path, signal);
        const options = {
          archive: path,
          config: await readConfig(config, [app ?? charm, charm]),
          ...(app === undefined ? {} : { application: app }),
          ...(unitNumber === undefined ? {} : { unitNumber }),
        };
        print(`${await agent.deploy(options, signal)} deployed\n`);
        const note = noteOnReboots(call);
        if (note !== undefined) printNote(note);
        return 0;
      }),
    );
};

/** Values on the command line win over files. */
async function readConfig(given: readonly string[], names: readonly string[]): Promise<ConfigChange> {
  const files = given.filter((value) => !value.includes("="));
  const changes = await Promise.all(files.map((file) => readConfigFile(file, names)));
  const pairs = await readConfigPairs(given.filter((value) => value.includes("=")));
  return Object.assign({}, ...changes, pairs) as ConfigChange;
}
