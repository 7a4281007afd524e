import type { Demand } from "../runners/plan.ts";
import type { DemandScaling } from "./configuration.ts";
import { slugOf, type UnitOnMachine } from "./unit-slug.ts";

/** What GitHub has told of the jobs of a unit's scale set. The runner service writes it, hooks read it too. */
export interface HeardDemand {
  /** Identifies the scale set that it is about: address, path, group and name. */
  readonly key: string;
  /** The last message that was acted on. */
  readonly lastMessageId: number;
  /** Jobs that want a runner of this unit, those that run included. */
  readonly assigned: number;
  readonly running: number;
  /** Since when jobs wait, in milliseconds since the Unix epoch; undefined while none does. */
  readonly waitingSince: number | undefined;
  /** When GitHub told it, in milliseconds since the Unix epoch. */
  readonly heardAt: number;
}

/** The service hears from GitHub at least once a minute. */
const FRESH_MS = 5 * 60_000;

/**
 * The demand that runners follow. Pure. What GitHub told a while ago counts no longer: then the unit keeps its idle runners.
 *
 * @returns undefined with a fixed number of runners.
 */
export function demandFor(
  scaling: DemandScaling | undefined,
  heard: HeardDemand | null,
  { key, now }: { readonly key: string; readonly now: number },
): Demand | undefined {
  if (scaling === undefined) return undefined;
  const { assigned, running } = isFresh(heard, key, now) ? heard : { assigned: 0, running: 0 };
  return { assigned, running, idle: scaling.idle };
}

/** What a person should know of the demand. Pure. */
export function describeDemand(
  scaling: DemandScaling | undefined,
  heard: HeardDemand | null,
  { key, now }: { readonly key: string; readonly now: number },
): readonly string[] {
  if (scaling === undefined) return [];
  if (!isFresh(heard, key, now)) {
    const idle = scaling.idle === 1 ? "1 idle runner is" : `${scaling.idle} idle runners are`;
    return [`the runner service has not heard of GitHub's jobs for 5 minutes: ${idle} kept`];
  }
  const waiting = Math.max(0, heard.assigned - heard.running);
  if (waiting === 0) return [];
  const seconds = Math.round((now - (heard.waitingSince ?? now)) / 1000);
  return [`${waiting === 1 ? "1 job waits" : `${waiting} jobs wait`} (longest ${Math.max(0, seconds)} s)`];
}

function isFresh(heard: HeardDemand | null, key: string, now: number): heard is HeardDemand {
  return heard?.key === key && Math.abs(now - heard.heardAt) < FRESH_MS;
}

/** @returns null for anything else than a demand. */
export function parseHeardDemand(stored: unknown): HeardDemand | null {
  const fields = Object(stored) as Partial<Record<keyof HeardDemand, unknown>>;
  const { key, lastMessageId, assigned, running, waitingSince, heardAt } = fields;
  const isWhole =
    typeof key === "string" &&
    typeof lastMessageId === "number" &&
    typeof assigned === "number" &&
    typeof running === "number" &&
    typeof heardAt === "number";
  if (!isWhole) return null;
  return {
    ...{ key, lastMessageId, assigned, running, heardAt },
    waitingSince: typeof waitingSince === "number" ? waitingSince : undefined,
  };
}

/** Name of a unit's scale set. */
export function scaleSetName({ scaleSetName: name }: DemandScaling, unit: UnitOnMachine): string {
  return name === "" ? slugOf(unit) : name;
}
