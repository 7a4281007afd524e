import type { ConfigChange } from "../charm/config-options.ts";
import type { CommandCall } from "./command.ts";
import { readConfigFile, readConfigPairs } from "./config-input.ts";

/** A deployment that a person asks for. */
export interface Deployment {
  /** Absolute path. */
  readonly archive: string;
  readonly app?: string | undefined;
  readonly config: readonly string[];
  readonly unitNumber?: number | undefined;
}

/** Deploys an archive, and prints the name of the unit. @throws as `UnitAgent.deploy` */
export async function deploy(
  { agent, report, signal }: CommandCall,
  { archive, app, config, unitNumber }: Deployment,
): Promise<void> {
  const charm = await agent.charmIn(archive, signal);
  const options = {
    archive,
    config: await readConfig(config, [app ?? charm, charm]),
    ...(app === undefined ? {} : { application: app }),
    ...(unitNumber === undefined ? {} : { unitNumber }),
  };
  const unit = await agent.deploy(options, signal);
  report({ unit }, `${unit} deployed\n`);
}

/** Values on the command line win over files. */
async function readConfig(given: readonly string[], names: readonly string[]): Promise<ConfigChange> {
  const files = given.filter((value) => !value.includes("="));
  const changes = await Promise.all(files.map((file) => readConfigFile(file, names)));
  const pairs = await readConfigPairs(given.filter((value) => value.includes("=")));
  return Object.assign({}, ...changes, pairs) as ConfigChange;
}
