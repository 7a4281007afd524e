import type { Charm } from "juju-charm";
import type { DebugSshHost } from "../guest/settings.ts";
import type { Logger } from "charm-kit";
import { parseDebugSsh } from "./debug-ssh.ts";
import type { GithubRunnerTypes } from "./metadata.generated.ts";

/** What other applications change of the runners. */
export interface Surroundings {
  /** In the order of their units' names; a runner gets one of them. */
  readonly debugSshHosts: readonly DebugSshHost[];
}

/**
 * Reads the relations of the unit.
 *
 * @throws DebugSshError when a unit shares what cannot be used.
 */
export async function readSurroundings(
  model: Charm<GithubRunnerTypes>["model"],
  log: Logger,
): Promise<Surroundings> {
  return { debugSshHosts: await readDebugSshHosts(model, log) };
}

async function readDebugSshHosts(
  model: Charm<GithubRunnerTypes>["model"],
  log: Logger,
): Promise<readonly DebugSshHost[]> {
  const hosts: DebugSshHost[] = [];
  for (const relation of await model.relations("debug-ssh")) {
    for (const unit of [...(await relation.units())].sort()) {
      const parsed = parseDebugSsh(unit, await relation.data(unit).read());
      if ("host" in parsed) hosts.push(parsed.host);
      else log.warning("Debug SSH server is not ready", { unit, missing: parsed.missing.join(", ") });
    }
  }
  return hosts;
}

/**
 * Draws one of several. Pure.
 *
 * @param entropy random hexadecimal digits, at least 8.
 */
export function drawOne<T>(items: readonly T[], entropy: string): T | undefined {
  return items[Number.parseInt(entropy.slice(0, 8), 16) % items.length];
}
