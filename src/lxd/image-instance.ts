import { unhindered } from "charm-kit";
import type { LxdClient } from "lxd-client";
import { absentAsUndefined } from "./absent.ts";
import { destroyInstance } from "./destroy-instance.ts";

const CLEAN_UP_MS = 5 * 60_000;

/** Destroys an instance of the unit, its protection notwithstanding; one that is not there counts as destroyed. */
export async function discardInstance(client: LxdClient, name: string, signal: AbortSignal): Promise<void> {
  const instance = await absentAsUndefined(client.instances.get(name, signal));
  if (!instance) return;
  if (instance.config["security.protection.delete"] === "true") {
    await client.instances.patch(name, { config: { "security.protection.delete": "false" } }, signal);
  }
  await destroyInstance(client, name, signal);
}

/** After a build, however it ended; what this leaves, the next build or prune takes away. */
export async function discardUnhindered(client: LxdClient, name: string): Promise<void> {
  await unhindered(`clean up after instance '${name}'`, CLEAN_UP_MS, (limited) =>
    discardInstance(client, name, limited),
  ).catch(() => undefined);
}
