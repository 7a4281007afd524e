import { constants, open, readFile, rename, stat } from "node:fs/promises";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { isRecord, systemErrorCode } from "charm-kit";
import type { LifeEvent, LifeMoment, RunnerHistory } from "../runners/ports.ts";

/** At this size the file becomes the earlier one, whose content is forgotten. About 1000 runners. */
const LARGEST_BYTES = 1024 * 1024;
/** Most characters of a text in it. */
const LONGEST_TEXT = 500;
/** Suffix of the earlier file. */
const EARLIER = ".1";
const { O_APPEND, O_CREAT, O_NOFOLLOW, O_WRONLY } = constants;

/** The record of runners' lives: JSON lines in two files, of which the older one is replaced when the newer one is full. */
export class HistoryFile implements RunnerHistory {
  readonly #path: string;

  /** @param path absolute; a missing directory is created. */
  constructor(path: string) {
    this.#path = path;
  }

  async add(moments: readonly LifeMoment[]): Promise<void> {
    if (moments.length === 0) return;
    const lines = moments.map((moment) => `${JSON.stringify(moment, shorten)}\n`).join("");
    await this.#makeRoom();
    await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 });
    const file = await open(this.#path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, 0o600);
    try {
      // One write: lines of several processes do not mix. A partial line of a full disk is skipped by the reader.
      await file.write(`\n${lines}`);
    } finally {
      await file.close();
    }
  }

  async read(): Promise<readonly LifeMoment[]> {
    const texts = [await contentOf(`${this.#path}${EARLIER}`), await contentOf(this.#path)];
    return texts.flatMap((text) => text.split("\n").flatMap(parseMoment));
  }

  async #makeRoom(): Promise<void> {
    const { size } = await stat(this.#path).catch(() => ({ size: 0 }));
    if (size < LARGEST_BYTES) return;
    await rename(this.#path, `${this.#path}${EARLIER}`).catch((thrown: unknown) => {
      // Another process of the unit was faster.
      if (systemErrorCode(thrown) !== "ENOENT") throw thrown;
    });
  }
}

function contentOf(path: string): Promise<string> {
  return readFile(path, "utf8").catch((thrown: unknown) => {
    if (systemErrorCode(thrown) === "ENOENT") return "";
    throw thrown;
  });
}

function shorten(_key: string, value: unknown): unknown {
  return typeof value === "string" ? value.slice(0, LONGEST_TEXT) : value;
}

/** The fields of each event, with their types. */
const FIELDS: Readonly<
  Record<LifeEvent["event"], Readonly<Record<string, "string" | "number" | "optional">>>
> = {
  creating: {},
  registered: { id: "number" },
  started: {},
  online: { seconds: "number" },
  failed: { reason: "string" },
  job: { repository: "string", workflow: "string", runId: "number" },
  ended: { status: "string", code: "optional" },
  found: { cause: "string" },
  decided: { reason: "string", activity: "optional" },
  stays: {},
  removing: {},
  removed: {},
  kept: { directory: "string" },
};

/** Lines that are damaged, or of a later version, are skipped. */
function parseMoment(line: string): readonly LifeMoment[] {
  if (line === "") return [];
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return [];
  }
  if (!isRecord(value)) return [];
  const { runner, at, event } = value;
  if (typeof runner !== "string" || typeof at !== "number" || !Number.isFinite(new Date(at).getTime()))
    return [];
  if (typeof event !== "string" || !Object.hasOwn(FIELDS, event)) return [];
  const fields = Object.entries(FIELDS[event as LifeEvent["event"]]);
  const isWhole = fields.every(([name, type]) => type === "optional" || typeof value[name] === type);
  return isWhole ? [value as unknown as LifeMoment] : [];
}
