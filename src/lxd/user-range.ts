import type { Config, Instance } from "lxd-client";
import { startOf } from "./start-of.ts";

/** Users of an instance: its own, and those that rootless containers in it use by default, up to 165535. */
const USERS = 3 * 65_536;

/** LXD keeps the first users of its map for instances without a range of their own. */
const SHARED_USERS = 65_536;

/** Ranges that stay free for others, in addition to as many as there are instances. */
const SPARE_RANGES = 16;

/** A range of users of the machine. */
interface UserRange {
  readonly base: number;
  readonly size: number;
}

/** The clone that needs a range. */
export interface RangeNeed {
  /** Name of the clone. */
  readonly name: string;
  /** The template of the clone; undefined when it is unknown. */
  readonly template: Instance | undefined;
  /** LXD's instances, of all owners. */
  readonly instances: readonly Instance[];
  /** First users of ranges that were given to instances which LXD may not list yet. */
  readonly given: readonly number[];
}

/**
 * The first user of a range of a clone's own, where that costs nothing. Pure.
 *
 * Limits of the kernel for each user, such as keys and inotify instances, then hold for each instance. Where LXD
 * cannot map the owners of a mount, it would change the owner of each file at each start, so such clones share one
 * range. A template without a recorded map has its files as they are in the image: LXD maps its mounts, or has never
 * started it.
 *
 * LXD is not left to choose the range: of instances that are created at the same time it takes one without a range for one
 * at 0, and then chooses ranges below its own map, which `newuidmap` refuses (seen with LXD 5.0.2). Two processes that
 * create at the same time may give the same range; then two instances share one, as all do without.
 *
 * @returns undefined for the range that all share.
 */
export function ownUserRange({ name, template, instances, given }: RangeNeed): number | undefined {
  if (template?.type !== "container") return undefined;
  if (template.config["volatile.last_state.idmap"] !== "[]") return undefined;
  const all = usersOfLxd(template.config["volatile.idmap.next"]);
  if (all === undefined) return undefined;
  const count = Math.floor((all.size - SHARED_USERS) / USERS);
  if (count < 2 * instances.length + SPARE_RANGES) return undefined;
  const taken = [...instances.flatMap(rangeOf), ...given.map((base) => ({ base, size: USERS }))];
  const start = startOf(name, count);
  for (let step = 0; step < count; step += 1) {
    const base = all.base + SHARED_USERS + ((start + step) % count) * USERS;
    if (!taken.some((range) => overlaps(range, { base, size: USERS }))) return base;
  }
  return undefined;
}

/** The settings of an instance with a range of its own. */
export function userRangeConfig(base: number | undefined): Config {
  if (base === undefined) return {};
  return {
    "security.idmap.isolated": "true",
    "security.idmap.base": String(base),
    "security.idmap.size": String(USERS),
  };
}

/** The range of an instance that has one of its own. */
function rangeOf({ config }: Instance): readonly UserRange[] {
  if (config["security.idmap.isolated"] !== "true") return [];
  const base = Number(config["security.idmap.base"] ?? config["volatile.idmap.base"] ?? 0);
  const size = Number(config["security.idmap.size"] ?? SHARED_USERS);
  return base > 0 && size > 0 ? [{ base, size }] : [];
}

function overlaps(one: UserRange, other: UserRange): boolean {
  return one.base < other.base + other.size && other.base < one.base + one.size;
}

/** The users that LXD may give to containers. LXD's own text; undefined for anything else. */
function usersOfLxd(map: string | undefined): UserRange | undefined {
  try {
    const entries = JSON.parse(map ?? "[]") as readonly {
      readonly Isuid?: boolean;
      readonly Hostid?: number;
      readonly Maprange?: number;
    }[];
    const [first] = entries.filter(({ Isuid }) => Isuid === true);
    const { Hostid: base, Maprange: size } = first ?? {};
    return typeof base === "number" && typeof size === "number" ? { base, size } : undefined;
  } catch {
    return undefined;
  }
}
