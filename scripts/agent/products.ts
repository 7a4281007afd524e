import { join } from "node:path";
import { packCharm, versionOf, type Architecture } from "juju-charm/pack";

/** What an agent's program is made of. */
export interface ProductParts {
  /** Name of the program. */
  readonly name: string;
  readonly version: string;
  /** Absolute path of the charm's archive. @default none */
  readonly archive?: string;
}

/** The runners' charm with its agent, for a machine without Juju. */
export async function runnerAgent(root: string, output: string, architecture: Architecture) {
  const { path } = await packCharm({ charm: root, outputDirectory: output, architecture });
  return {
    name: "github-runner-agent",
    version: await versionOf(root),
    archive: path,
  } satisfies ProductParts;
}

/** The agent alone, for any charm. */
export async function jujuAgent(root: string): Promise<ProductParts> {
  return { name: "juju-agent", version: await versionOf(join(root, "packages/juju-agent")) };
}
