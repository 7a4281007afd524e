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

/** An immutable option has changed. */
export class ImmutableOptionError extends ConditionError {
  readonly code = "immutable-option";
  readonly remedy = "person";
  override readonly checkedBy = "update-status";
  readonly options: readonly string[];

  constructor(options: readonly string[]) {
    super(
      options
        .map((option) => `${option} config cannot be changed after deployment, redeploy if needed`)
        .join(" | "),
    );
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
  const wanted = installedOptions(configuration);
  const options = ["base-image", "runner-storage"] as const;
  const changed = options.filter((option) => wanted[option] !== installed[option]);
  if (changed.length > 0) throw new ImmutableOptionError(changed);
}
