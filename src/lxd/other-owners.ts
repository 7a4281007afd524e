import { nameFromURL, type Config, type LxdClient } from "lxd-client";
import { ForeignObjectError } from "./errors.ts";
import { isForeign, KEYS, ownerText, type Owner } from "./ownership.ts";

/**
 * @param what the object, such as `storage pool 'runners-0'`.
 * @throws {@link ForeignObjectError} when it belongs to another unit.
 */
export function refuseForeign(what: string, config: Config, owner: Owner): void {
  if (isForeign(config, owner)) throw new ForeignObjectError(what, config[KEYS.owner] ?? "another unit");
}

/** Names of instances that do not belong to the unit. What they use stays when the unit is removed. */
export async function othersInstances(
  client: LxdClient,
  owner: Owner,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const instances = await client.instances.list(undefined, signal);
  return new Set(
    instances.filter(({ config }) => config[KEYS.owner] !== ownerText(owner)).map(({ name }) => name),
  );
}

/** Whether an object is used by an instance, or another object, with one of the names. */
export function isUsedBy(users: readonly string[], names: ReadonlySet<string>): boolean {
  return users.some((url) => names.has(nameFromURL(url)));
}
