import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { Agent, type Dispatcher } from "undici";
import { type Clock, ConditionError, messageOf, ProcessLock, systemClock, withDeadline } from "charm-kit";
import type { Archives, RunnerApplication } from "../runners/ports.ts";
import { AnswerError, download } from "./download.ts";
import { withSystemCertificates } from "../network/system-certificates.ts";

/** The runner application's archive is untrusted: its checksum is wrong or missing, or its content is dangerous. */
export class ArchiveError extends ConditionError {
  readonly code = "archive";
  readonly remedy = "person";

  constructor(application: RunnerApplication, detail: string, options?: ErrorOptions) {
    super(`Cannot use the runner application ${application.version}: ${detail}`, options);
  }
}

/** The runner application's archive could not be downloaded; another attempt may succeed. */
export class ArchiveDownloadError extends ConditionError {
  readonly code = "archive-download";
  readonly remedy = "outside";

  constructor(application: RunnerApplication, detail: string, options?: ErrorOptions) {
    super(`Cannot download the runner application ${application.version}: ${detail}`, options);
  }
}

/** Sends the requests of a download. */
export interface DownloadDispatcher {
  readonly dispatcher: Dispatcher;
  readonly close: () => Promise<void>;
}

export interface ArchiveStoreOptions {
  /** Absolute; created when missing. */
  readonly directory: string;
  /** Opens the way of a download, such as a proxy. Closed after each download. @default a direct connection */
  readonly openDispatcher?: () => DownloadDispatcher;
  /** @default the system's clock */
  readonly clock?: Clock;
}

const DOWNLOAD_LIMIT_MS = 20 * 60_000;
/** Pauses before an interrupted download resumes. GitHub's servers rarely need one. */
const RESUME_PAUSES_MS = [500, 2000, 5000];
/** Bytes; the runner application is about 200 MB. */
const LONGEST = 2 * 1024 ** 3;

/** Stores verified archives of the runner application in a directory of the unit. */
export class ArchiveStore implements Archives {
  readonly #directory: string;
  readonly #openDispatcher: () => DownloadDispatcher;
  readonly #clock: Clock;

  constructor({ directory, openDispatcher = directly, clock = systemClock }: ArchiveStoreOptions) {
    this.#directory = directory;
    this.#openDispatcher = openDispatcher;
    this.#clock = clock;
  }

  /**
   * Downloads an archive unless it is stored: streams it to a temporary file, verifies its SHA-256 and its members, and
   * renames it. Then deletes other archives. An interrupted download resumes at once and in the next
   * call. Concurrent processes take turns.
   *
   * @returns the path of the archive.
   * @throws {@link ArchiveError} for an untrusted archive, {@link ArchiveDownloadError} for a failed download, or the
   *   signal's reason after an abort.
   */
  async fetch(application: RunnerApplication, signal: AbortSignal): Promise<string> {
    const { sha256 } = application;
    if (sha256 === undefined)
      throw new ArchiveError(
        application,
        "GitHub names no checksum for it, so it is refused; upgrade the server to a version that does",
      );
    const path = join(this.#directory, `${sha256}.tar.gz`);
    await mkdir(this.#directory, { recursive: true, mode: 0o755 });
    return this.#lock().run(async () => {
      if (!(await exists(path))) await this.#download(application, { path, sha256 }, signal);
      await this.#removeOthers(path);
      return path;
    }, signal);
  }

  async #download(
    application: RunnerApplication,
    { path, sha256 }: { readonly path: string; readonly sha256: string },
    signal: AbortSignal,
  ): Promise<void> {
    const partial = `${path}.partial`;
    const isResumed = await exists(partial);
    try {
      await withDeadline("download the runner application", DOWNLOAD_LIMIT_MS, signal, (limited) =>
        this.#receive(application, partial, limited),
      );
    } catch (thrown) {
      if (isOutOfSpace(thrown)) await rm(partial, { force: true });
      signal.throwIfAborted();
      throw new ArchiveDownloadError(application, messageOf(thrown), { cause: thrown });
    }
    const fault = await faultOf(partial, sha256, signal);
    if (fault === undefined) {
      await rename(partial, path);
      return;
    }
    await rm(partial, { force: true });
    // The partial file may belong to another archive: try again from the start.
    if (isResumed) await this.#download(application, { path, sha256 }, signal);
    else
      throw new ArchiveError(application, `${fault}; find out who changed it, then run update-dependencies`);
  }

  /** Resumes an interrupted download a few times. */
  async #receive(application: RunnerApplication, path: string, signal: AbortSignal): Promise<void> {
    const { downloadUrl: url, downloadToken: token } = application;
    const { dispatcher, close } = this.#openDispatcher();
    try {
      for (let attempt = 0; ; attempt += 1) {
        try {
          await withSystemCertificates(() =>
            download({ url, token, path, longest: LONGEST }, dispatcher, signal),
          );
          return;
        } catch (thrown) {
          const pauseMs = RESUME_PAUSES_MS[attempt];
          const isFinal = thrown instanceof AnswerError || isOutOfSpace(thrown) || signal.aborted;
          if (isFinal || pauseMs === undefined || !(await exists(path))) throw thrown;
          await this.#clock.wait(pauseMs, signal);
        }
      }
    } finally {
      await close();
    }
  }

  /** Archives and partial downloads of other versions. */
  async #removeOthers(path: string): Promise<void> {
    const names = await readdir(this.#directory);
    const others = names.map((name) => join(this.#directory, name)).filter((other) => other !== path);
    await Promise.all(others.map((other) => rm(other, { force: true })));
  }

  #lock(): ProcessLock {
    const digest = createHash("sha256").update(this.#directory).digest("hex");
    return new ProcessLock(`github-runner-archives-${digest.slice(0, 32)}`);
  }
}

function directly(): DownloadDispatcher {
  const dispatcher = new Agent();
  return { dispatcher, close: () => dispatcher.destroy() };
}

/** The error in a downloaded file; undefined when it is valid. */
async function faultOf(path: string, sha256: string, signal: AbortSignal): Promise<string | undefined> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash, { signal });
  const received = hash.digest("hex");
  if (received !== sha256) return `its checksum is ${received}, and GitHub says ${sha256}`;
  // The runner service never needs it.
  const { inspectArchive } = await import("./inspect-archive.ts");
  return inspectArchive(path, signal);
}

function isOutOfSpace(thrown: unknown): boolean {
  const { code } = thrown as NodeJS.ErrnoException;
  return code === "ENOSPC" || code === "EDQUOT" || code === "EFBIG";
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
