import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Agent, interceptors } from "undici";
import type { RunnerApplication } from "../runners/ports.ts";
import { withDeadline } from "../support/deadline.ts";
import { CharmError, messageOf } from "../support/errors.ts";

const DOWNLOAD_LIMIT_MS = 20 * 60_000;

/** The runner application's archive is not to be trusted: its checksum is wrong, or GitHub names none. */
export class ArchiveError extends CharmError {
  readonly code = "archive";

  constructor(application: RunnerApplication, detail: string, options?: ErrorOptions) {
    super(`Cannot use the runner application ${application.version}: ${detail}`, options);
  }
}

/** The runner application's archive could not be downloaded; another attempt may succeed. */
export class ArchiveDownloadError extends CharmError {
  readonly code = "archive-download";

  constructor(application: RunnerApplication, detail: string, options?: ErrorOptions) {
    super(`Cannot download the runner application ${application.version}: ${detail}`, options);
  }
}

/** Keeps verified archives of the runner application in a directory of the unit. */
export class ArchiveStore {
  readonly #directory: string;

  /** @param directory absolute; made when it is missing. */
  constructor(directory: string) {
    this.#directory = directory;
  }

  /**
   * Fetches an archive unless it is there: streamed, its SHA-256 checked, put in place by rename. Older archives go.
   *
   * @returns the path of the archive.
   * @throws {@link ArchiveError} when GitHub names no checksum or another one, {@link ArchiveDownloadError} when the
   *   download fails; the signal's reason when it is aborted.
   */
  async fetch(application: RunnerApplication, signal: AbortSignal): Promise<string> {
    const { sha256 } = application;
    if (sha256 === undefined)
      throw new ArchiveError(application, "GitHub names no checksum for it, so it is refused");
    const path = join(this.#directory, `${sha256}.tar.gz`);
    if (await exists(path)) return path;
    await mkdir(dirname(path), { recursive: true, mode: 0o755 });
    await this.#removeAll();
    const partial = `${path}.partial`;
    try {
      const received = await withDeadline(
        "download the runner application",
        DOWNLOAD_LIMIT_MS,
        signal,
        (limited) => download(application, partial, limited),
      );
      if (received !== sha256) {
        throw new ArchiveError(application, `its checksum is ${received}, and GitHub says ${sha256}`);
      }
      await rename(partial, path);
    } catch (thrown) {
      await rm(partial, { force: true });
      signal.throwIfAborted();
      if (thrown instanceof ArchiveError) throw thrown;
      throw new ArchiveDownloadError(application, messageOf(thrown), { cause: thrown });
    }
    return path;
  }

  /** Archives of earlier versions and half downloads of killed processes. */
  async #removeAll(): Promise<void> {
    const names = await readdir(this.#directory);
    await Promise.all(names.map((name) => rm(join(this.#directory, name), { force: true })));
  }
}

const MOST_REDIRECTS = 5;

async function download(application: RunnerApplication, path: string, signal: AbortSignal): Promise<string> {
  const agent = new Agent();
  const hash = createHash("sha256");
  const hashing = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(undefined, chunk);
    },
  });
  const url = new URL(application.downloadUrl);
  const token = application.downloadToken;
  try {
    // GitHub redirects to another host; the interceptor keeps the token from it.
    const { statusCode, body } = await agent
      .compose(interceptors.redirect({ maxRedirections: MOST_REDIRECTS }))
      .request({
        origin: url.origin,
        path: `${url.pathname}${url.search}`,
        method: "GET",
        headers: token ? { authorization: `Bearer ${token.reveal()}` } : {},
        signal,
      });
    if (statusCode !== 200) throw new Error(`${url.host} answered ${statusCode}`);
    await pipeline(body, hashing, createWriteStream(path, { mode: 0o644 }), { signal });
  } finally {
    await agent.destroy();
  }
  return hash.digest("hex");
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
