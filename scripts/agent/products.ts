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

/** Makes the parts of a product for one architecture. */
export type MakeProduct = (root: string, output: string, architecture: Architecture) => Promise<ProductParts>;

/** The runners' charm with its agent, for a machine without Juju. */
export const runnerAgent: MakeProduct = async (root, output, architecture) => {
  const { path } = await packCharm({ charm: root, outputDirectory: output, architecture });
  return { name: "github-runner-agent", version: await versionOf(root), archive: path };
};

/** The agent alone, for any charm. */
export const jujuAgent: MakeProduct = async (root) => ({
  name: "juju-agent",
  version: await versionOf(join(root, "packages/juju-agent")),
});
