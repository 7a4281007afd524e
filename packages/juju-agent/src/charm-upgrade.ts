import type { AgentSession } from "./agent-session.ts";
import { keepValidConfig } from "./charm/config-options.ts";
import { queued } from "./hooks/hook-effects.ts";
import { withApplication, withUnit, type DeployedCharm, type Operation } from "./state/agent-state.ts";

/** Replaces an application's charm; its units install it when they are settled. */
export async function replaceCharm(
  session: AgentSession,
  application: string,
  charm: DeployedCharm,
): Promise<void> {
  const { config } = session.application(application);
  const kept = keepValidConfig(charm.definition.options, config);
  const units = session.unitsOf(application).map((name) => session.unit(name));
  await session.update((state) =>
    units.reduce(
      (changed, { name, operation }) =>
        withUnit(changed, name, { operation: { kind: "deploy", then: afterUpgrade(operation) } }),
      withApplication(state, application, { charm, config: kept }),
    ),
  );
}

/** A queued or failed hook is run by the new charm instead of upgrade-charm. */
function afterUpgrade(interrupted: Operation): Operation {
  if (interrupted.kind === "continue") return queued("upgrade-charm");
  return interrupted.kind === "deploy" ? interrupted.then : interrupted;
}
