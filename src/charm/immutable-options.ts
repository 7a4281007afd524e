import type { JsonObject, JsonValue, StateSlot } from "juju-charm";
import { CodedError } from "charm-kit";
import type { Configuration } from "./configuration.ts";

/** Values that stay as they were at the first install, by option. */
export type InstalledOptions = {
  readonly "base-image": string;
  readonly "runner-storage": string;
} & JsonObject;

/** Remembers them; `null` before an install has succeeded. */
export const installedOptionsSlot: StateSlot<InstalledOptions | null> = {
  name: "installed-options",
  parse: (stored: JsonValue | undefined) => (isInstalled(stored) ? stored : null),
};

/** Options that cannot change any more have changed. */
export class ImmutableOptionError extends CodedError {
  readonly code = "immutable-option";
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

/** What an install with this configuration fixes. Pure. */
export function installedOptions({ baseImage, storage }: Configuration): InstalledOptions {
  return { "base-image": baseImage, "runner-storage": storage };
}

/**
 * Compares a configuration with what an install has fixed: names of one release, such as `jammy` and `22.04`, are the
 * same. Pure.
 *
 * @throws {@link ImmutableOptionError} that names every option that differs.
 */
export function checkImmutableOptions(
  installed: InstalledOptions | null,
  configuration: Configuration,
): void {
  if (!installed) return;
  const wanted = installedOptions(configuration);
  const changed = Object.keys(wanted).filter((option) => wanted[option] !== installed[option]);
  if (changed.length > 0) throw new ImmutableOptionError(changed);
}

function isInstalled(stored: JsonValue | undefined): stored is InstalledOptions {
  if (typeof stored !== "object" || stored === null || Array.isArray(stored)) return false;
  const { "base-image": image, "runner-storage": storage } = stored as JsonObject;
  return typeof image === "string" && typeof storage === "string";
}
