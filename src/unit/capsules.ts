import { open, readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { isRecord, lastLines } from "charm-kit";
import { utcMinute } from "../runners/utc-minute.ts";
import { RunnerUnknownError } from "./collect-logs.ts";

/** A capsule on the machine. */
export interface Capsule {
  readonly runner: string;
  /** Untrusted: may quote the guest. */
  readonly cause: string;
  /** When the end was found, in milliseconds since the Unix epoch. */
  readonly at: number;
}

/** A capsule with one of its files. */
export interface OpenCapsule {
  readonly path: string;
  readonly files: readonly string[];
  /** JSON. */
  readonly report: string;
  /** The end of the file that was asked for; empty if the capsule has none of that name. */
  readonly content: string;
}

/** Where capsules are, and whose they are. */
export interface CapsuleShelf {
  /** Absolute path of the directory with a directory for each runner. */
  readonly directory: string;
  /** Whether a name is that of a runner of the unit. */
  readonly owns: (name: string) => boolean;
}

const REPORT = "report.json";
/** Most bytes of a file that an action shows. */
const SHOWN_BYTES = 64 * 1024;
/** How much of a capsule's cause a list shows. */
const CAUSE = { lines: 3, characters: 300 } as const;
/** More than a report ever has. */
const REPORT_BYTES = 256 * 1024;

/** The capsules of a unit, the newest first. */
export async function listCapsules({ directory, owns }: CapsuleShelf): Promise<readonly Capsule[]> {
  const names = (await readdir(directory).catch(() => [])).filter(owns);
  const found = await Promise.all(names.map((runner) => readReport(directory, runner)));
  return found.filter((capsule) => capsule !== undefined).sort((left, right) => right.at - left.at);
}

/** A line for each capsule. */
export function renderCapsules(capsules: readonly Capsule[]): string {
  return capsules
    .map(({ runner, at, cause }) => `${utcMinute(at)}  ${runner}  ${lastLines(cause, CAUSE)}`)
    .join("\n");
}

/** @throws {@link RunnerUnknownError} for a runner without a capsule. */
export async function openCapsule(shelf: CapsuleShelf, runner: string, file: string): Promise<OpenCapsule> {
  const capsules = await listCapsules(shelf);
  if (!capsules.some((capsule) => capsule.runner === runner)) {
    const known = capsules.map((capsule) => capsule.runner);
    throw new RunnerUnknownError(runner, known, "show the capsule of");
  }
  const path = join(shelf.directory, runner);
  const files = (await readdir(path)).sort();
  const content = files.includes(file) ? plain(await endOf(join(path, file), SHOWN_BYTES)) : "";
  return { path, files, report: plain(await endOf(join(path, REPORT), SHOWN_BYTES)), content };
}

async function readReport(directory: string, runner: string): Promise<Capsule | undefined> {
  try {
    const path = join(directory, runner, REPORT);
    if ((await stat(path)).size > REPORT_BYTES) return undefined;
    const value: unknown = JSON.parse(await readFile(path, "utf8"));
    if (!isRecord(value)) return undefined;
    const { cause, at } = value;
    const isWhole = typeof cause === "string" && typeof at === "number" && Math.abs(at) <= 8.64e15;
    return isWhole ? { runner, cause, at } : undefined;
  } catch {
    // Logs that a person asked for have no report.
    return undefined;
  }
}

async function endOf(path: string, bytes: number): Promise<string> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const length = Math.min(bytes, size);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.subarray(0, bytesRead).toString();
  } finally {
    await file.close();
  }
}

/** Untrusted text that is shown on a terminal: no control characters but line ends and tabs. */
function plain(text: string): string {
  return text.replaceAll(/[^\n\t\P{C}]/gu, "?");
}
