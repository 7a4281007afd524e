import { lstat, mkdir, opendir, readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import {
  type Clock,
  type Logger,
  type RunProcess,
  messageOf,
  systemErrorCode,
  writeFileAtomically,
} from "charm-kit";
import { readGuestFile } from "./guest-file.ts";
import {
  OUTPUT_FILE,
  POST_JOB_FILE,
  PRE_JOB_FILE,
  readOutput,
  readPostJob,
  readPreJob,
  Refusal,
} from "./guest-file-content.ts";
import { Quarantine, type BadFile } from "./quarantine.ts";
import type { RunnerTrace } from "./runner-trace.ts";
import { isMounted, mountShare, unmountShare } from "./share-mount.ts";

/** Settings and services of a {@link ShareStore}. */
export interface ShareStoreOptions {
  /** Absolute path of the unit's shares; created when missing. */
  readonly directory: string;
  /** Absolute path of the evidence of invalid files. */
  readonly quarantine: string;
  readonly run: RunProcess;
  /** Whether a share is mounted. A reboot of the machine ends all mounts. @default as the kernel says */
  readonly isMounted?: (share: string) => Promise<boolean>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Written by the charm next to the share, where the guest cannot reach it. */
const INSTALLED_FILE = "runner-installed.timestamp";
const SHARE = "share";
/** Guests write a temporary file and rename it. An abrupt end leaves the temporary file. */
const BELONG_HERE = [PRE_JOB_FILE, POST_JOB_FILE, OUTPUT_FILE, `${PRE_JOB_FILE}.new`, `${POST_JOB_FILE}.new`];
/** Most entries of a share. Further ones are ignored. */
const MOST_ENTRIES = 100;

/**
 * Keeps a directory on the host for each runner, which outlives the runner. It contains the time when the runner was ready,
 * and a tmpfs that the guest writes to.
 *
 * A reboot empties the shares. The directories stay and are removed like those of runners without a job.
 */
export class ShareStore {
  readonly #options: ShareStoreOptions;
  readonly #quarantine: Quarantine;

  constructor(options: ShareStoreOptions) {
    this.#options = options;
    this.#quarantine = new Quarantine(options.quarantine);
  }

  /** Creates a runner's share. @returns its path on the host. */
  async prepare(runner: string, signal: AbortSignal): Promise<string> {
    const share = this.#share(runner);
    await mkdir(share, { recursive: true, mode: 0o700 });
    try {
      await mountShare(share, this.#options.run, signal);
    } catch (thrown) {
      await this.#discard(runner, signal).catch(() => undefined);
      throw thrown;
    }
    return share;
  }

  /** Which runners have written how their application ended, and when, in milliseconds since the Unix epoch. */
  async ended(runners: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const ended = new Map<string, number>();
    for (const runner of runners) {
      // A guest can set the other times of its files.
      const file = await lstat(join(this.#share(runner), POST_JOB_FILE)).catch(() => undefined);
      if (file) ended.set(runner, file.ctimeMs);
    }
    return ended;
  }

  /** Records that a runner is ready. */
  async noteInstalled(runner: string): Promise<void> {
    const path = join(this.#options.directory, runner, INSTALLED_FILE);
    // Not durable, since the shares do not survive a power cut either.
    await writeFileAtomically(path, `${this.#options.clock.now() / 1000}\n`, { mode: 0o600, durable: false });
  }

  /**
   * Reads the records of runners that are gone and removes their shares.
   *
   * Removes a share before its content is processed, so that no share can make two rounds fail.
   */
  async collect(alive: readonly string[], signal: AbortSignal): Promise<readonly RunnerTrace[]> {
    const runners = await readdir(this.#options.directory).catch(() => []);
    const traces: RunnerTrace[] = [];
    for (const runner of runners.filter((name) => !alive.includes(name)).sort()) {
      try {
        const trace = await this.#read(runner);
        await this.#discard(runner, signal);
        traces.push(trace);
      } catch (thrown) {
        signal.throwIfAborted();
        this.#options.log.warning("Cannot read a runner's metrics", { runner, reason: messageOf(thrown) });
      }
    }
    return traces;
  }

  /** Names of runners with a share. */
  runners(): Promise<readonly string[]> {
    return readdir(this.#options.directory).catch(() => []);
  }

  /**
   * Reads the records of a runner and leaves them as they are.
   *
   * @returns undefined for a runner without a share, and `isLost` for one whose share went with the machine's memory.
   */
  async peek(runner: string): Promise<{ readonly trace: RunnerTrace; readonly isLost: boolean } | undefined> {
    if (!(await this.runners()).includes(runner)) return undefined;
    const isLost = !(await (this.#options.isMounted ?? isMounted)(this.#share(runner)));
    return { trace: await this.#read(runner, () => Promise.resolve()), isLost };
  }

  /** Removes all shares unread, and the evidence of invalid files. */
  async remove(signal: AbortSignal): Promise<void> {
    const { directory, quarantine } = this.#options;
    for (const runner of await readdir(directory).catch(() => [])) await this.#discard(runner, signal);
    await rm(directory, { recursive: true, force: true });
    await rm(quarantine, { recursive: true, force: true });
  }

  #share(runner: string): string {
    return shareOf(this.#options.directory, runner);
  }

  async #read(runner: string, keepEvidence = this.#keepEvidence.bind(this)): Promise<RunnerTrace> {
    const share = this.#share(runner);
    const now = this.#options.clock.now() / 1000;
    const bad = await strangers(share);
    const take = async <T extends object>(
      file: string,
      parse: (content: Buffer, now: number) => T | Refusal,
    ): Promise<T | undefined> => {
      const content = await readGuestFile(join(share, file));
      const read = Buffer.isBuffer(content) ? parse(content, now) : content;
      if (!(read instanceof Refusal)) return read;
      bad.push({ file, reason: read.reason });
      return undefined;
    };
    const preJob = await take(PRE_JOB_FILE, readPreJob);
    const postJob = await take(POST_JOB_FILE, readPostJob);
    const output = preJob ? undefined : await take(OUTPUT_FILE, readOutput);
    if (bad.length > 0) await keepEvidence(runner, share, bad);
    return { name: runner, installedAt: await this.#installedAt(runner), preJob, postJob, output };
  }

  async #keepEvidence(runner: string, share: string, bad: readonly BadFile[]): Promise<void> {
    const { log } = this.#options;
    try {
      const evidence = await this.#quarantine.keep(runner, share, bad);
      log.warning("Runner wrote invalid metrics", { runner, files: bad.length, evidence });
    } catch (thrown) {
      log.warning("Runner wrote invalid metrics, which could not be quarantined", {
        runner,
        reason: messageOf(thrown),
      });
    }
  }

  /** Without a record, the creation time of the share is the best estimate. */
  async #installedAt(runner: string): Promise<number> {
    const directory = join(this.#options.directory, runner);
    const written = await readFile(join(directory, INSTALLED_FILE), "utf8").catch(() => "");
    const seconds = Number.parseFloat(written);
    return Number.isFinite(seconds) ? seconds : (await stat(directory)).mtimeMs / 1000;
  }

  async #discard(runner: string, signal: AbortSignal): Promise<void> {
    await unmountShare(this.#share(runner), this.#options.run, signal);
    await rm(join(this.#options.directory, runner), { recursive: true, force: true });
  }
}

/** Path of a runner's share. @param directory of the unit's shares. */
export function shareOf(directory: string, runner: string): string {
  return join(directory, runner, SHARE);
}

/** Unexpected entries of a share. */
async function strangers(share: string): Promise<BadFile[]> {
  const bad: BadFile[] = [];
  try {
    for await (const { name } of await opendir(share)) {
      if (BELONG_HERE.includes(name)) continue;
      bad.push({ file: name, reason: "its name is not expected here" });
      if (bad.length >= MOST_ENTRIES) break;
    }
  } catch (thrown) {
    // A killed process may not have created it.
    if (systemErrorCode(thrown) !== "ENOENT") throw thrown;
  }
  return bad;
}
