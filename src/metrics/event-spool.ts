import { randomBytes } from "node:crypto";
import { mkdir, open, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isRecord, systemErrorCode } from "charm-kit";
import type { MetricEvent } from "./metric-event.ts";
import type { StartStage } from "../runners/ports.ts";

/** Parts of a runner's start, in seconds. */
export interface StartStages {
  readonly event: "start_stages";
  readonly stages: Readonly<Partial<Record<StartStage, number>>>;
}

/** From GitHub's assignment of a job to the job-started hook of its runner, in seconds. */
export interface FirstStep {
  readonly event: "first_step";
  readonly duration: number;
}

/** From the end of a used runner until a new one listens in its place, in seconds. */
export interface Refill {
  readonly event: "refill";
  readonly duration: number;
}

/** The unit has ended a job. */
export interface JobKilled {
  readonly event: "job_killed";
}

/** An event of the unit: those of the metrics log, and those that only the metrics endpoint shows. */
export type UnitEvent = MetricEvent | StartStages | FirstStep | Refill | JobKilled;

/** Most batches that wait for the runner service; without one, the newer ones are lost. */
const MOST_BATCHES = 1000;
const MOST_BYTES = 1024 * 1024;
const NAME = /^\d+-[0-9a-f]+\.json$/;

/**
 * Events of the unit's hooks and service on their way to the metrics endpoint, a file for each batch. Any process puts
 * batches in; the runner service takes each of them once.
 */
export class EventSpool {
  readonly #directory: string;

  /** @param unitDirectory absolute; of root alone. */
  constructor(unitDirectory: string) {
    this.#directory = join(unitDirectory, "metric-events");
  }

  /** @param now milliseconds since the Unix epoch: batches are taken in their order. */
  async put(events: readonly UnitEvent[], now: number): Promise<void> {
    if (events.length === 0) return;
    if ((await this.#namesOrMake()).length >= MOST_BATCHES) return;
    const name = `${Math.round(now)}-${randomBytes(8).toString("hex")}.json`;
    const unfinished = join(this.#directory, `.${name}`);
    await writeFile(unfinished, JSON.stringify(events), { mode: 0o600 });
    await rename(unfinished, join(this.#directory, name));
  }

  /** Takes all batches. Damaged ones are dropped; values inside of events are not checked. */
  async take(): Promise<readonly UnitEvent[]> {
    const names = await readdir(this.#directory).catch((thrown: unknown) => {
      if (systemErrorCode(thrown) === "ENOENT") return [];
      throw thrown;
    });
    const events: UnitEvent[] = [];
    for (const name of names.filter((each) => NAME.test(each)).sort()) {
      const path = join(this.#directory, name);
      events.push(...parseBatch(await readStart(path)));
      await rm(path, { force: true });
    }
    return events;
  }

  async #namesOrMake(): Promise<readonly string[]> {
    return readdir(this.#directory).catch(async (thrown: unknown) => {
      if (systemErrorCode(thrown) !== "ENOENT") throw thrown;
      await mkdir(this.#directory, { recursive: true, mode: 0o700 });
      return [];
    });
  }

  async remove(): Promise<void> {
    await rm(this.#directory, { recursive: true, force: true });
  }
}

async function readStart(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MOST_BYTES), 0, MOST_BYTES, 0);
    return buffer.toString("utf8", 0, bytesRead);
  } finally {
    await file.close();
  }
}

function parseBatch(text: string): readonly UnitEvent[] {
  try {
    const batch: unknown = JSON.parse(text);
    if (!Array.isArray(batch)) return [];
    return batch.filter(
      (each: unknown) => isRecord(each) && typeof each["event"] === "string",
    ) as UnitEvent[];
  } catch {
    return [];
  }
}
