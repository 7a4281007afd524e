import type { Logger } from "charm-kit";
import type { PoolResources } from "../lxd/lxd-unit.ts";
import type { ApplicationMemo } from "../runners/image-keeper.ts";
import { openUnit } from "./open-unit.ts";
import { openRecords, recordDirectory } from "./unit-records.ts";
import type { UnitContext } from "./unit-system.ts";

/** Facts of a unit that its metrics show. */
export interface UnitFacts {
  /** undefined while LXD or the pool is missing, or LXD does not answer. */
  readonly pool: PoolResources | undefined;
  /** What GitHub has offered last; undefined before it was asked. */
  readonly application: ApplicationMemo | undefined;
}

/** Reads facts of the unit. Each that cannot be read is left out. */
export async function readUnitFacts(
  context: UnitContext & { readonly log: Logger },
  signal: AbortSignal,
): Promise<UnitFacts> {
  const { application } = openRecords(recordDirectory(context), context.log);
  const [pool, memo] = await Promise.all([readPool(context, signal), application.read()]);
  return { pool, application: memo ?? undefined };
}

async function readPool(
  context: UnitContext & { readonly log: Logger },
  signal: AbortSignal,
): Promise<PoolResources | undefined> {
  try {
    const unit = openUnit(context);
    try {
      return await unit.poolResources(signal);
    } finally {
      await unit.close();
    }
  } catch {
    return undefined;
  }
}
