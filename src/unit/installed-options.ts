import type { Configuration } from "./configuration.ts";

/** Option values that are fixed by the first install. */
export interface InstalledOptions {
  readonly "base-image": string;
  readonly "runner-storage": string;
}

/** The values that an install with this configuration fixes. Pure. */
export function installedOptions({ baseImage, storage }: Configuration): InstalledOptions {
  return { "base-image": baseImage, "runner-storage": storage };
}

/** Parses stored values; `null` when they are invalid. Pure. */
export function parseInstalledOptions(stored: unknown): InstalledOptions | null {
  const { "base-image": image, "runner-storage": storage } = Object(stored) as Partial<
    Record<keyof InstalledOptions, unknown>
  >;
  return typeof image === "string" && typeof storage === "string"
    ? { "base-image": image, "runner-storage": storage }
    : null;
}
