import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { runProcess } from "charm-kit";
import { discardInstance } from "../../../src/lxd/image-instance.ts";
import { NftPacketFilter } from "../../../src/host/packet-filter.ts";
import type { LxdClient } from "lxd-client";

/** A unit whose rig did not live to take it away. */
export interface LostUnit {
  /** Such as `runners/0`. */
  readonly unit: string;
  /** Such as `runners-0`. */
  readonly slug: string;
  /** Absolute path of the unit's files. */
  readonly dataDirectory: string;
}

/**
 * Takes away what a killed run of a unit of the same name left on this machine. It would stand in the way: its names are
 * taken, and it belongs to a model that is no more.
 */
export async function clearLeftovers(
  client: LxdClient,
  { unit, slug, dataDirectory }: LostUnit,
  signal: AbortSignal,
): Promise<void> {
  const isLeft = ({ description }: { readonly description: string }) =>
    description.endsWith(`of unit ${unit}`);
  const { images, instances, networkACLs, networks, profiles, storagePools } = client;
  for (const { name } of await instances.list(undefined, signal)) {
    if (name.startsWith(`${slug}-`)) await discardInstance(client, name, signal);
  }
  for (const { fingerprint, properties } of await images.list(signal)) {
    if (isLeft({ description: properties["description"] ?? "" })) await images.delete(fingerprint, signal);
  }
  for (const { name } of (await profiles.list(signal)).filter(isLeft)) await profiles.delete(name, signal);
  for (const { name } of (await networks.list(signal)).filter(isLeft)) await networks.delete(name, signal);
  for (const { name } of (await networkACLs.list(signal)).filter(isLeft))
    await networkACLs.delete(name, signal);
  for (const { name } of (await storagePools.list(signal)).filter(isLeft))
    await storagePools.delete(name, signal);
  await new NftPacketFilter({ slug, run: runProcess }).openHost(signal);
  await clearFiles(dataDirectory, signal);
}

/** Shares of runners are mounted below. */
async function clearFiles(directory: string, signal: AbortSignal): Promise<void> {
  const shares = join(directory, "metrics");
  for (const runner of await readdir(shares).catch(() => [])) {
    const share = join(shares, runner, "share");
    await runProcess(["umount", "--lazy", share], { action: `unmount ${share}`, limitMs: 10_000, signal });
  }
  await rm(directory, { recursive: true, force: true });
}
