import type { Fleet } from "./creations.ts";

/** Number of jobs of former scopes that no runner was made for, by the scope's key, as far as they are new. Pure. */
export function moreUnserved(
  now: ReadonlyMap<string, number>,
  before: ReadonlyMap<string, number>,
): ReadonlyMap<string, number> {
  const more = [...now].map(([key, count]) => [key, count - (before.get(key) ?? 0)] as const);
  return new Map(more.filter(([, count]) => count > 0));
}

/** The fleet without jobs of former scopes that no runner can be made for: other jobs have their places. Pure. */
export function withoutUnserved(fleet: Fleet, unserved: ReadonlyMap<string, number>): Fleet {
  const { demand } = fleet;
  if (demand?.former === undefined) return fleet;
  let { assigned } = demand;
  const former = demand.former.map((each) => {
    const count = each.scopeKey === undefined ? 0 : (unserved.get(each.scopeKey) ?? 0);
    const left = Math.min(each.waiting, count);
    assigned -= left;
    return { ...each, waiting: each.waiting - left, missing: Math.max(0, each.missing - left) };
  });
  return { ...fleet, demand: { ...demand, assigned, former } };
}
