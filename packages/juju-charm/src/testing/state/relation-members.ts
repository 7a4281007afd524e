import type { DataBag } from "./data-bag.ts";
import type { AnyRelation } from "./relation.ts";

/** The remote application; in a peer relation, the unit's own. */
export function remoteAppOf(relation: AnyRelation, ownApp: string): string {
  return relation.kind === "peer" ? ownApp : relation.remoteApp;
}

/** Data of the remote units, by unit name. */
export function remoteUnitsOf(relation: AnyRelation, ownApp: string): ReadonlyMap<string, DataBag> {
  const app = remoteAppOf(relation, ownApp);
  const units = Object.entries(unitData(relation)).map(
    ([number, data]) => [`${app}/${number}`, data] as const,
  );
  return new Map(units);
}

function unitData(relation: AnyRelation): Readonly<Record<number, DataBag>> {
  switch (relation.kind) {
    case "relation":
      return relation.remoteUnits;
    case "peer":
      return relation.peers;
    case "subordinate":
      return { [relation.remoteUnit]: relation.remoteUnitData };
  }
}
