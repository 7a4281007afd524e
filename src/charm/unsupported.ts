import { ConfigurationError, type Fault } from "./configuration-faults.ts";
import type { Configuration } from "../unit/configuration.ts";

/**
 * Rejects valid options that this version does not support.
 *
 * @throws {@link ConfigurationError} with every such option.
 */
export function refuseUnsupported({ policy }: Configuration): void {
  const faults: Fault[] = [];
  if (policy.by === "charm") {
    faults.push({ option: "repo-policy", text: "this version has no check of its own; use external or off" });
  }
  if (faults.length > 0) throw new ConfigurationError(faults);
}
