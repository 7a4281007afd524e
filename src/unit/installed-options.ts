import type { Configuration } from "./configuration.ts";

/** Values that stay as they were at the first install, by option. */
export interface InstalledOptions {
  readonly "base-image": string;
  readonly "runner-storage": string;
}

/** What an install with this configuration fixes. Pure. */
export function installedOptions({ baseImage, storage }: Configuration): InstalledOptions {
  return { "base-image": baseImage, "runner-storage": storage };
}

/** Reads what was kept of them; `null` for what is no such record. Pure. */
export function parseInstalledOptions(stored: unknown): InstalledOptions | null {
  const { "base-image": image, "runner-storage": storage } = Object(stored) as Partial<
    Record<keyof InstalledOptions, unknown>
  >;
  return typeof image === "string" && typeof storage === "string"
    ? { "base-image": image, "runner-storage": storage }
    : null;
}
