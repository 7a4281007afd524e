import type { Registration, RunnerApplication } from "../runners/ports.ts";
import type { JobFacts } from "../metrics/ports.ts";
import { Secret } from "charm-kit";
import type { CachedPage } from "./etag-store.ts";

/*
 * Guards by hand instead of JSON schemas: only eight fields of these bodies are read, and loading a schema library takes
 * longer than checking all answers of a dispatch. Each returns undefined for an unexpected body.
 */

/** The part of a runner group that is used. */
export interface RunnerGroup {
  readonly id: number;
  readonly name: string;
}

/** One page of the list of runners. */
export interface RunnerPage {
  readonly total: number;
  readonly runners: readonly Registration[];
  /** Number of entries without a name: they belong to nobody who could be looked for. */
  readonly nameless: number;
}

/** Reads `{ total_count, runners: [...] }`, entry by entry: one that lacks a part must not spoil the others. */
export function readRunnerPage(body: unknown): RunnerPage | undefined {
  const total = field(body, "total_count");
  const entries = field(body, "runners");
  if (!isCount(total) || !Array.isArray(entries)) return undefined;
  const runners = readEach(entries, (entry) => readRunner(entry) ?? unreadableRunner(entry));
  return { total, runners, nameless: entries.length - runners.length };
}

/** Reads one runner of GitHub's schema `runner`. */
export function readRunner(body: unknown): Registration | undefined {
  const [name, status, busy] = ["name", "status", "busy"].map((key) => field(body, key));
  const id = readId(field(body, "id"));
  if (
    id === undefined ||
    typeof name !== "string" ||
    typeof status !== "string" ||
    typeof busy !== "boolean"
  ) {
    return undefined;
  }
  return { id, name, online: status === "online", busy };
}

/** A runner of which nothing but the name is certain. Busy: such a runner is never removed for being idle. */
function unreadableRunner(body: unknown): Registration | undefined {
  const name = field(body, "name");
  const id = readId(field(body, "id")) ?? NO_ID;
  return typeof name === "string" ? { id, name, online: false, busy: true, isUnreadable: true } : undefined;
}

/** GitHub counts from 1. */
const NO_ID = 0;

/** An ID, or a text of one. Above 2^53 the JSON parser has lost digits. */
function readId(value: unknown): number | undefined {
  const id = typeof value === "string" && /^\d{1,16}$/.test(value) ? Number(value) : value;
  return isCount(id) ? id : undefined;
}

/** Reads the answer of `generate-jitconfig`. */
export function readJitConfig(body: unknown): { id: number; jitConfig: Secret } | undefined {
  const runner = readRunner(field(body, "runner"));
  const encoded = field(body, "encoded_jit_config");
  if (!runner || typeof encoded !== "string" || encoded === "") return undefined;
  return { id: runner.id, jitConfig: new Secret(encoded) };
}

/** Reads the answer of `registration-token`. */
export function readToken(body: unknown): { token: Secret; expiresAt: number } | undefined {
  const token = field(body, "token");
  const expiresAt = readTime(field(body, "expires_at"));
  if (typeof token !== "string" || token === "" || expiresAt === undefined) return undefined;
  return { token: new Secret(token), expiresAt };
}

/** Reads `{ runner_groups: [...] }`. */
export function readRunnerGroups(body: unknown): RunnerGroup[] | undefined {
  const groups = field(body, "runner_groups");
  if (!Array.isArray(groups)) return undefined;
  return readEach(groups, (item) => {
    const [id, name] = [readId(field(item, "id")), field(item, "name")];
    return id !== undefined && typeof name === "string" ? { id, name } : undefined;
  });
}

/** Reads `{ jobs: [...] }`: the runner and the facts of each job. */
export function readJobPage(body: unknown): { runnerName: unknown; facts: JobFacts }[] | undefined {
  const jobs = field(body, "jobs");
  if (!Array.isArray(jobs)) return undefined;
  return jobs.map((item) => {
    const [createdAt, startedAt] = ["created_at", "started_at"].map((key) => readTime(field(item, key)));
    const conclusion = field(item, "conclusion");
    const facts = {
      createdAt,
      startedAt,
      conclusion: typeof conclusion === "string" ? conclusion : undefined,
    };
    return { runnerName: field(item, "runner_name"), facts };
  });
}

/** Reads the list of applications, each with its operating system and architecture. */
export function readApplications(
  body: unknown,
): { os: string; architecture: string; application: RunnerApplication }[] | undefined {
  if (!Array.isArray(body)) return undefined;
  return readEach(body, (item) => {
    const [os, architecture] = [field(item, "os"), field(item, "architecture")];
    const application = readApplication(item);
    return typeof os === "string" && typeof architecture === "string" && application
      ? { os, architecture, application }
      : undefined;
  });
}

/** Reads a page of an {@link EtagStore}. */
export function readCachedPage(stored: unknown): CachedPage | undefined {
  const [etag, total, hasNext, nameless] = ["etag", "total", "hasNext", "nameless"].map((key) =>
    field(stored, key),
  );
  const runners = readAll(field(stored, "runners"), readRegistration);
  if (typeof etag !== "string" || !isCount(total) || typeof hasNext !== "boolean" || !runners)
    return undefined;
  return { etag, total, hasNext, runners, nameless: isCount(nameless) ? nameless : 0 };
}

const ARCHIVE = /^actions-runner-[a-z]+-[a-z\d]+-(\d+\.\d+\.\d+)\.(?:tar\.gz|zip)$/;
const SHA256 = /^[\da-f]{64}$/i;

function readApplication(item: unknown): RunnerApplication | undefined {
  const filename = field(item, "filename");
  const downloadUrl = field(item, "download_url");
  const sha256 = field(item, "sha256_checksum");
  const downloadToken = field(item, "temp_download_token");
  if (typeof filename !== "string" || typeof downloadUrl !== "string" || !URL.canParse(downloadUrl))
    return undefined;
  const version = ARCHIVE.exec(filename)?.[1];
  if (version === undefined) return undefined;
  return {
    version,
    filename,
    downloadUrl,
    sha256: typeof sha256 === "string" && SHA256.test(sha256) ? sha256.toLowerCase() : undefined,
    downloadToken:
      typeof downloadToken === "string" && downloadToken !== "" ? new Secret(downloadToken) : undefined,
  };
}

function readRegistration(stored: unknown): Registration | undefined {
  const [id, name, online, busy] = ["id", "name", "online", "busy"].map((key) => field(stored, key));
  if (!isCount(id) || typeof name !== "string" || typeof online !== "boolean" || typeof busy !== "boolean") {
    return undefined;
  }
  const isUnreadable = field(stored, "isUnreadable") === true;
  return { id, name, online, busy, ...(isUnreadable && { isUnreadable }) };
}

function field(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined;
}

function readTime(value: unknown): number | undefined {
  const time = typeof value === "string" ? Date.parse(value) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

/** Reads each item, and leaves out those that cannot be read. */
function readEach<T>(items: readonly unknown[], read: (item: unknown) => T | undefined): T[] {
  return items.map(read).filter((item) => item !== undefined);
}

/** Reads all items; one invalid item makes the whole list unusable. */
function readAll<T>(items: unknown, read: (item: unknown) => T | undefined): T[] | undefined {
  if (!Array.isArray(items)) return undefined;
  const all = items.map(read);
  return all.every((item) => item !== undefined) ? all : undefined;
}
