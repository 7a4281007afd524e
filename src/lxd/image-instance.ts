import { unhindered } from "charm-kit";
import type { LxdClient } from "lxd-client";
import { absentAsUndefined } from "./absent.ts";
import { destroyInstance } from "./destroy-instance.ts";

/** Name of the instance in which a unit builds its images. */
export function builderName(slug: string): string {
  return `${slug}-builder`;
}

/** Name of an image's template. */
export function templateName(slug: string, fingerprint: string): string {
  return `${slug}-template-${fingerprint.slice(0, TEMPLATE_DIGITS)}`;
}

/** Whether a name is that of a builder or a template of the unit. */
export function isImageInstance(slug: string, name: string): boolean {
  const digits = name.slice(templateName(slug, "").length);
  return name === builderName(slug) || (/^[0-9a-f]{8}$/.test(digits) && name === templateName(slug, digits));
}

const TEMPLATE_DIGITS = 8;
const CLEAN_UP_MS = 5 * 60_000;

/** Destroys an instance of the unit even when it is protected. A missing instance counts as destroyed. */
export async function discardInstance(client: LxdClient, name: string, signal: AbortSignal): Promise<void> {
  const instance = await absentAsUndefined(client.instances.get(name, signal));
  if (!instance) return;
  if (instance.config["security.protection.delete"] === "true") {
    await client.instances.patch(name, { config: { "security.protection.delete": "false" } }, signal);
  }
  await destroyInstance(client, name, signal);
}

/** Cleans up after a build. The next build or prune removes any leftovers. */
export async function discardUnhindered(client: LxdClient, name: string): Promise<void> {
  await unhindered(`clean up after instance '${name}'`, CLEAN_UP_MS, (limited) =>
    discardInstance(client, name, limited),
  ).catch(() => undefined);
}
