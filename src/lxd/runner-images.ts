import type { Instance } from "lxd-client";
import type { InstanceType, RunnerImage } from "../runners/ports.ts";
import { isOwned, KEYS, type Owner } from "./ownership.ts";

/** Whether an instance is a template of the unit, finished or not. */
export function isTemplate({ config }: Instance, owner: Owner): boolean {
  return isOwned(config, owner, "template");
}

/** The unit's finished images, as LXD's instances tell of their templates; the newest first. Pure. */
export function runnerImagesIn(
  instances: readonly Instance[],
  owner: Owner,
  type: InstanceType,
): readonly RunnerImage[] {
  return instances
    .filter((instance) => isTemplate(instance, owner) && instance.type === type)
    .map(toRunnerImage)
    .filter((image) => image !== undefined)
    .toSorted((one, other) => other.builtAt - one.builtAt);
}

/** Undefined for an incomplete template. */
function toRunnerImage({ name, status, config }: Instance): RunnerImage | undefined {
  const fingerprint = config[KEYS.image];
  if (status !== "Stopped" || config[KEYS.phase] !== "ready" || !fingerprint) return undefined;
  return {
    fingerprint,
    template: name,
    recipe: config[KEYS.recipe] ?? "",
    programs: config[KEYS.programs] ?? "",
    builtAt: Number(config[KEYS.builtAt] ?? 0),
  };
}
