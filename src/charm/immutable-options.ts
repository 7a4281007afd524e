import type { JsonObject, JsonValue, StateSlot } from "juju-charm";
import { ConditionError } from "charm-kit";
import type { Configuration } from "../unit/configuration.ts";
import { installedOptions, parseInstalledOptions, type InstalledOptions } from "../unit/installed-options.ts";

/** Stores the installed options; `null` before the first successful install. */
export const installedOptionsSlot: StateSlot<(InstalledOptions & JsonObject) | null> = {
  name: "installed-options",
  parse: (stored: JsonValue | undefined) => {
    const options = parseInstalledOptions(stored);
    return options && { ...options };
  },
};

/** The refusal of a changed immutable option. */
export const IMMUTABLE = "cannot be changed after deployment, redeploy if needed";

/** An immutable option has changed. */
export class ImmutableOptionError extends ConditionError {
  readonly code = "immutable-option";
  readonly remedy = "person";
  override readonly checkedBy = "update-status";
  readonly options: readonly string[];

  constructor(options: readonly string[]) {
    super(options.map((option) => `${option} config ${IMMUTABLE}`).join(" | "));
    this.options = options;
  }
}

/**
 * Compares a configuration with the installed options. Names of one release, such as `jammy` and `22.04`, are equal.
 * Pure.
 *
 * @throws {@link ImmutableOptionError} that names every option that differs.
 */
export function checkImmutableOptions(
  installed: InstalledOptions | null,
  configuration: Configuration,
): void {
  if (!installed) return;
  const changed = changedOptions(installed, installedOptions(configuration));
  if (changed.length > 0) throw new ImmutableOptionError(changed);
}

/** Names of the immutable options whose wanted values differ; an option without a valid value does not. Pure. */
export function changedOptions(
  installed: InstalledOptions,
  wanted: Partial<InstalledOptions>,
): readonly (keyof InstalledOptions)[] {
  const options = ["base-image", "runner-storage"] as const;
  return options.filter((option) => wanted[option] !== undefined && wanted[option] !== installed[option]);
}
