import type { Charm } from "juju-charm";
import type { DebugSshHost } from "../guest/settings.ts";
import type { Logger } from "charm-kit";
import type { Integrations } from "../unit/integrations.ts";
import { parseDebugSsh } from "./debug-ssh.ts";
import type { GithubRunnerTypes } from "./metadata.generated.ts";

/**
 * Reads the unit's relations.
 *
 * @throws DebugSshError when a remote unit shares invalid data.
 */
export async function readIntegrations(
  model: Charm<GithubRunnerTypes>["model"],
  log: Logger,
): Promise<Integrations> {
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
