import type { Config, Instance } from "lxd-client";

/** Users of an instance: its own, and those that rootless containers in it use by default, up to 165535. */
const USERS = 3 * 65_536;

/** Ranges that stay free for others, in addition to as many as there are instances. */
const SPARE_RANGES = 16;

/**
 * The settings that give a clone a range of users of its own, where that costs nothing. Pure.
 *
 * Limits of the kernel for each user, such as keys and inotify instances, then hold for each instance. Where LXD
 * cannot map the owners of a mount, it would change the owner of each file at each start, so such clones share one
 * range. A template without a recorded map has its files as they are in the image: LXD maps its mounts, or has never
 * started it.
 *
 * @param template the template of the clone; undefined when it is unknown.
 * @param instances number of LXD's instances, which may each have a range.
 */
export function ownUserRange(template: Instance | undefined, instances: number): Config {
  if (template?.type !== "container") return {};
  if (template.config["volatile.last_state.idmap"] !== "[]") return {};
  const ranges = Math.floor(usersOfLxd(template.config["volatile.idmap.next"]) / USERS);
  if (ranges < 2 * instances + SPARE_RANGES) return {};
  return { "security.idmap.isolated": "true", "security.idmap.size": String(USERS) };
}

/** Number of users that LXD may give to containers. LXD's own text; anything else counts as none. */
function usersOfLxd(map: string | undefined): number {
  try {
    const entries = JSON.parse(map ?? "[]") as readonly {
      readonly Isuid?: boolean;
      readonly Maprange?: number;
    }[];
    return Math.max(0, ...entries.filter(({ Isuid }) => Isuid === true).map(({ Maprange }) => Maprange ?? 0));
  } catch {
    return 0;
  }
}
