import { isRecord, lastLines } from "charm-kit";
import type { RunnerEnd } from "./metric-event.ts";
import type { LastOutput, PostJob, PreJob } from "./runner-trace.ts";

/** Names of the files in a runner's share, with their parsers. */
export const PRE_JOB_FILE = "pre-job-metrics.json";
export const POST_JOB_FILE = "post-job-metrics.json";
export const OUTPUT_FILE = "application-output.txt";

/** Why a guest's file is rejected. */
export class Refusal {
  readonly reason: string;

  constructor(reason: string) {
    this.reason = reason;
  }
}

/** Most of an application's output in messages. */
const QUOTED = { lines: 3, characters: 240 } as const;
/**
 * What the application prints when GitHub has dropped the runner, and when it removes its configuration after that. More
 * lines follow than are quoted.
 */
const DROPPED =
  /no longer exists on the server|registration has been deleted|Removed \.(?:runner|credentials)/i;
/** Largest accepted clock difference of a guest. */
const MOST_AHEAD_SECONDS = 3600;
const REPOSITORY = /^[\w.-]{1,100}\/[\w.-]{1,100}$/;
const EVENT = /^[a-z_]{1,50}$/;
const RUN_ID = /^\d{1,15}$/;
const ENDS: readonly string[] = ["normal", "abnormal", "repo-policy-check-failure"] satisfies RunnerEnd[];

type Fields = Readonly<Record<string, unknown>>;

/**
 * Parses exactly `{workflow, repository, event, timestamp, workflow_run_id}`.
 *
 * @param now seconds since the Unix epoch.
 */
export function readPreJob(content: Buffer, now: number): PreJob | Refusal {
  const fields = readFields(content, ["workflow", "repository", "event", "timestamp", "workflow_run_id"]);
  if (fields instanceof Refusal) return fields;
  const { workflow, repository, event, timestamp, workflow_run_id: runId } = fields;
  if (typeof workflow !== "string") return new Refusal("workflow is not a text");
  if (!isText(repository, REPOSITORY)) return new Refusal("repository is not owner/name");
  if (!isText(event, EVENT)) return new Refusal("event is not the name of an event");
  if (!isTime(timestamp, now)) return new Refusal("timestamp is not a past time");
  if (!RUN_ID.test(String(runId)) || !["string", "number"].includes(typeof runId))
    return new Refusal("workflow_run_id is not a number");
  return { workflow, repository, event, timestamp, runId: Number(runId) };
}

/**
 * Parses exactly `{timestamp, status}` with an optional `status_info: {code}`.
 *
 * @param now seconds since the Unix epoch.
 */
export function readPostJob(content: Buffer, now: number): PostJob | Refusal {
  const fields = readFields(content, ["timestamp", "status"], ["status_info"]);
  if (fields instanceof Refusal) return fields;
  const { timestamp, status, status_info: info } = fields;
  if (!isTime(timestamp, now)) return new Refusal("timestamp is not a past time");
  if (!isEnd(status)) return new Refusal("status is not one of the known ones");
  if (info === undefined) return { timestamp, status, code: undefined };
  if (!isRecord(info) || !hasKeys(info, ["code"], [])) return new Refusal("status_info is not {code}");
  const { code } = info;
  if (!Number.isInteger(code) || Number(code) < 0 || Number(code) > 999)
    return new Refusal("status_info.code is neither an exit code nor an HTTP status");
  return { timestamp, status, code: Number(code) };
}

/** Parses the end of an application's output: its last lines in one, of printable ASCII only, and what all of it says. */
export function readOutput(content: Buffer): LastOutput {
  const output = content.toString("latin1");
  return { text: lastLines(output, QUOTED), saysDropped: DROPPED.test(output) };
}

function readFields(
  content: Buffer,
  required: readonly string[],
  optional: readonly string[] = [],
): Fields | Refusal {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(content));
  } catch {
    return new Refusal("it is not JSON");
  }
  if (!isRecord(value)) return new Refusal("it is not an object");
  return hasKeys(value, required, optional) ? value : new Refusal("it has unexpected fields");
}

function hasKeys(value: Fields, required: readonly string[], optional: readonly string[]): boolean {
  const keys = Object.keys(value);
  return (
    required.every((key) => keys.includes(key)) &&
    keys.every((key) => required.includes(key) || optional.includes(key))
  );
}

function isText(value: unknown, form: RegExp): value is string {
  return typeof value === "string" && form.test(value);
}

function isTime(value: unknown, now: number): value is number {
  return (
    typeof value === "number" && Number.isFinite(value) && value >= 0 && value <= now + MOST_AHEAD_SECONDS
  );
}

function isEnd(value: unknown): value is RunnerEnd {
  return typeof value === "string" && ENDS.includes(value);
}
