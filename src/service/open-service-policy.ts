import type { Logger, Redactor } from "charm-kit";
import { openChecks, openOneTimeTokens, readGateway } from "../unit/open-policy.ts";
import { POLICY_PORT } from "../unit/policy-port.ts";
import { readSettings } from "../unit/service-settings.ts";
import type { Telemetry } from "../unit/telemetry.ts";
import type { UnitSystem } from "../unit/unit-system.ts";
import { ServicePolicy } from "./service-policy.ts";

export interface ServicePolicyContext {
  readonly system: UnitSystem;
  /** The unit's name in other names, such as `runners-0`. */
  readonly slug: string;
  /** Absolute path of the settings. */
  readonly path: string;
  readonly log: Logger;
  readonly redactor: Redactor;
  readonly telemetry: () => Telemetry;
}

/** Opens the built-in policy of a unit's service. */
export function openServicePolicy(context: ServicePolicyContext): ServicePolicy {
  const { system, slug, path, log, redactor, telemetry } = context;
  return new ServicePolicy({
    settings: () => readSettings(path),
    tokens: openOneTimeTokens(system, slug),
    open: ({ unit, setup }) => openChecks(setup, { ...unit, system, log, redactor, telemetry: telemetry() }),
    gateway: ({ unit }, signal) => readGateway({ ...unit, system }, signal),
    port: POLICY_PORT,
    onVerdict: (verdict) => {
      telemetry().onPolicyCheck(verdict);
    },
    clock: system.clock,
    log,
  });
}
