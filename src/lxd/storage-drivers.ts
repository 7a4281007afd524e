import type { StorageDriver } from "lxd-client";

/** From this version of ZFS on, overlay file systems work on it, which Docker in a container needs. */
const OVERLAYS = [2, 2] as const;

/**
 * Names of LXD's storage drivers, the better ones for runners first. Pure.
 *
 * ZFS is the best where jobs can use Docker on it as elsewhere; before 2.2, and where its version is unknown, btrfs is better.
 */
export function byPreference(drivers: readonly StorageDriver[]): readonly string[] {
  const zfs = drivers.find(({ name }) => name === "zfs");
  const order = zfs && hasOverlays(zfs.version) ? ["zfs", "btrfs"] : ["btrfs", "zfs"];
  const names = drivers.map(({ name }) => name);
  return [...order.filter((name) => names.includes(name)), ...names.filter((name) => !order.includes(name))];
}

/** @param version of ZFS's programs or of its module, whichever LXD tells, such as `2.1.11-1`. */
function hasOverlays(version: string): boolean {
  const [, major = 0, minor = 0] = (/^v?(\d+)\.(\d+)/.exec(version) ?? []).map(Number);
  return major > OVERLAYS[0] || (major === OVERLAYS[0] && minor >= OVERLAYS[1]);
}
