import { join } from "node:path";
import { HistoryFile } from "../metrics/history-file.ts";
import type { ObjectiveRecord } from "../metrics/ports.ts";
import { mergeStandings, parseStanding, standingAt, type Standing } from "../metrics/standing.ts";
import { BestEffortRecord } from "../host/best-effort-record.ts";
import { JsonRecord } from "../host/json-record.ts";
import type { ApplicationMemo, Memory } from "../runners/image-keeper.ts";
import type { ImageFailure } from "../runners/image-decision.ts";
import type { ImageTrial } from "../runners/image-trial.ts";
import type { Logger } from "charm-kit";
import { parseEarlyEnds, type EarlyEnds } from "./early-ends.ts";
import { parseHeardDemand, type HeardDemand } from "./demand.ts";
import { parseInstalledOptions, type InstalledOptions } from "./installed-options.ts";
import { slugOf, type UnitOnMachine } from "./unit-slug.ts";

/** Records that the unit's processes share. Losing one costs requests and retries, never a runner. */
export interface UnitRecords {
  readonly application: Memory<ApplicationMemo>;
  readonly imageFailure: Memory<ImageFailure>;
  readonly imageTrial: Memory<ImageTrial>;
  readonly installed: Memory<InstalledOptions>;
  readonly earlyEnds: Memory<EarlyEnds>;
  readonly demand: Memory<HeardDemand>;
  /** Written with the unit's lock held. */
  readonly objective: Memory<ObjectiveRecord>;
  /** How the waits stand that scale sets tell of. Written by the runner service alone. */
  readonly assignedWaits: Memory<Standing>;
}

/** Absolute path of the unit's own files. */
export function recordDirectory(unit: UnitOnMachine): string {
  return join(unit.system.dataRoot, slugOf(unit));
}

/** The record of the lives of a unit's runners. */
export function openHistory(unit: UnitOnMachine): HistoryFile {
  return new HistoryFile(join(recordDirectory(unit), "runner-history.jsonl"));
}

/**
 * @param directory absolute path of the unit's own files.
 * @param log told of damaged records.
 */
export function openRecords(directory: string, log: Logger): UnitRecords {
  const record = <T>(name: string, parse: (stored: unknown) => T | null) =>
    new JsonRecord<T>({ path: join(directory, name), parse, log });
  // A round that fails since it cannot write them would leave used runners without successors.
  const bestEffort = <T>(name: string, parse: (stored: unknown) => T | null) =>
    new BestEffortRecord<T>({ stored: record(name, parse), name, log });
  return {
    application: bestEffort("application.json", parseApplication),
    imageFailure: bestEffort("image-failure.json", parseImageFailure),
    imageTrial: bestEffort("image-trial.json", parseImageTrial),
    installed: record("installed-options.json", parseInstalledOptions),
    earlyEnds: bestEffort("early-ends.json", parseEarlyEnds),
    demand: record("demand.json", parseHeardDemand),
    objective: record("objective.json", parseObjective),
    assignedWaits: record("objective-waits.json", parseStanding),
  };
}

/** How the unit stands in this month. Best effort: without records, nothing has happened in it. */
export async function readStanding(
  { objective, assignedWaits }: Pick<UnitRecords, "objective" | "assignedWaits">,
  now: number,
): Promise<Standing> {
  const [kept, waits] = await Promise.all([
    objective.read().catch(() => null),
    assignedWaits.read().catch(() => null),
  ]);
  return mergeStandings(standingAt(kept?.standing ?? null, now), standingAt(waits, now));
}

/** The vacant places are as many as a unit can have runners, at most. */
const MOST_VACANT = 500;

function parseObjective(stored: unknown): ObjectiveRecord | null {
  const fields = Object(stored) as Partial<Record<keyof ObjectiveRecord, unknown>>;
  const standing = parseStanding(fields.standing);
  if (standing === null || !Array.isArray(fields.vacantSince)) return null;
  const times = fields.vacantSince.filter((since): since is number => Number.isFinite(since));
  return { standing, vacantSince: times.slice(0, MOST_VACANT) };
}

function parseApplication(stored: unknown): ApplicationMemo | null {
  const { version, checkedAt, seenAt } = Object(stored) as Partial<Record<keyof ApplicationMemo, unknown>>;
  if (typeof version !== "string" || typeof checkedAt !== "number") return null;
  return { version, checkedAt, ...(typeof seenAt === "number" && { seenAt }) };
}

function parseImageFailure(stored: unknown): ImageFailure | null {
  const fields = Object(stored) as Partial<Record<keyof ImageFailure, unknown>>;
  const { recipe, reason, failedAt, attempts } = fields;
  const isWhole =
    typeof recipe === "string" &&
    typeof reason === "string" &&
    typeof failedAt === "number" &&
    typeof attempts === "number";
  return isWhole ? { recipe, reason, failedAt, attempts } : null;
}

function parseImageTrial(stored: unknown): ImageTrial | null {
  const { template, failures, reason } = Object(stored) as Partial<Record<keyof ImageTrial, unknown>>;
  if (typeof template !== "string" || typeof failures !== "number") return null;
  return { template, failures, reason: typeof reason === "string" ? reason : undefined };
}
