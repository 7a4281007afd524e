import { mkdir, readdir, rename, rm, rmdir, stat, statfs, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "charm-kit";
import type { Ending, KeptLogs, RunnerLogs } from "../runners/ports.ts";
import type { LxdClient } from "lxd-client";
import { absentAsUndefined } from "./absent.ts";
import { guestWords } from "./guest-words.ts";
import {
  CONSOLE_FILE,
  consoleLog,
  leftConsole,
  liveDiagnostics,
  liveJournal,
  REPORT_FILE,
  restDiagnostics,
  restJournal,
  type LogOwner,
  type LogSource,
} from "./log-sources.ts";
import { scrubSecrets } from "./scrub-secrets.ts";

export interface LxdRunnerLogsOptions {
  readonly client: LxdClient;
  /** Directory of the runner application's diagnostics in the guest. */
  readonly diagnosticsInGuest: string;
  /** File with the end of the journal that a guest writes when its application fails. */
  readonly endJournalInGuest: string;
  /** The systemd unit in the guest that starts the runner application. */
  readonly unitInGuest: string;
  /** Absolute path on the host of the directory with a directory for each runner. */
  readonly directory: string;
  /** Absolute path on the host of LXD's logs, with a directory for each instance. */
  readonly serverLogDirectory: string;
  /** Removes the unit's own secrets from a text. @default it has none */
  readonly scrub?: (text: string) => string;
  /** Bytes that are free where a directory is. @default as the file system says */
  readonly freeBytes?: (directory: string) => Promise<number>;
}

const MIB = 2 ** 20;
const LARGEST_FILE_BYTES = 4 * MIB;
/** Most bytes of all logs of one runner that a person asks for, including the journal. */
const MOST_BYTES = 32 * MIB;
/** Most bytes of a capsule, which nobody asks for. */
const CAPSULE_BYTES = 8 * MIB;
/** A disk with less room gets the reports of capsules only. */
const FLOOR_BYTES = 512 * MIB;
/** Suffix of an incomplete directory. */
const UNFINISHED = ".new";

/** A directory that logs are written to. */
interface Target {
  readonly directory: string;
  /** Bytes that it may still take. */
  left: number;
  readonly files: string[];
  /** Sources that could not be read, with the reason. */
  readonly failures: { readonly file: string; readonly thrown: unknown }[];
}

/** Copies logs from instances. Untrusted: only regular files, bounded in number, size and time. */
export class LxdRunnerLogs implements RunnerLogs {
  readonly #options: LxdRunnerLogsOptions;
  readonly #directory: string;
  readonly #client: LxdClient;

  constructor(options: LxdRunnerLogsOptions) {
    this.#options = options;
    this.#directory = options.directory;
    this.#client = options.client;
  }

  pull(name: string, signal: AbortSignal): Promise<string> {
    return this.#replace(name, async (directory) => {
      const target: Target = { directory, left: MOST_BYTES, files: [], failures: [] };
      await this.#fillLive(this.#owner(name), target, signal);
      const [first] = target.failures;
      if (target.files.length === 0 && first) throw first.thrown;
    });
  }

  keep(ending: Ending, signal: AbortSignal): Promise<string> {
    const { runner } = ending;
    return this.#replace(runner, async (directory) => {
      const target: Target = { directory, left: CAPSULE_BYTES, files: [], failures: [] };
      const hasRoom = (await this.#freeBytes(directory)) >= FLOOR_BYTES + CAPSULE_BYTES;
      if (hasRoom) await this.#fillCapsule(runner, target, signal);
      else target.failures.push({ file: "all logs", thrown: new Error("the disk is nearly full") });
      const usage = await this.#usage(runner, signal);
      const { files, failures } = target;
      const missing = failures.map(({ file, thrown }) => ({ file, reason: messageOf(thrown).slice(0, 300) }));
      const report = JSON.stringify({ ...ending, usage, files, missing }, undefined, 2);
      await writeFile(join(directory, REPORT_FILE), `${this.#scrub(report)}\n`, { mode: 0o600 });
    });
  }

  lastWords(name: string, signal: AbortSignal): Promise<string | undefined> {
    return guestWords(this.#client, name, this.#options.unitInGuest, signal);
  }

  async kept(): Promise<readonly KeptLogs[]> {
    const names = await readdir(this.#directory).catch(() => []);
    const found = await Promise.all(
      names.map(async (name): Promise<KeptLogs | undefined> => {
        const directory = join(this.#directory, name);
        const isUnfinished = name.endsWith(UNFINISHED);
        // Another process may have finished or deleted them meanwhile.
        const found = await stat(directory).catch(() => undefined);
        return (
          found && {
            runner: isUnfinished ? name.slice(0, -UNFINISHED.length) : name,
            pulledAt: found.mtimeMs,
            bytes: await sizeOf(directory),
            isUnfinished,
          }
        );
      }),
    );
    return found.filter((logs) => logs !== undefined);
  }

  async delete(name: string): Promise<void> {
    for (const suffix of ["", UNFINISHED]) {
      await rm(join(this.#directory, `${name}${suffix}`), { recursive: true, force: true });
    }
    // The last one also deletes the directory.
    await rmdir(this.#directory).catch(() => undefined);
  }

  /** Fills a new directory and puts it in the place of the runner's earlier one. */
  async #replace(name: string, fill: (directory: string) => Promise<void>): Promise<string> {
    const directory = join(this.#directory, name);
    const unfinished = `${directory}${UNFINISHED}`;
    await rm(unfinished, { recursive: true, force: true });
    await mkdir(unfinished, { recursive: true, mode: 0o700 });
    try {
      await fill(unfinished);
      await rm(directory, { recursive: true, force: true });
      await rename(unfinished, directory);
    } finally {
      await rm(unfinished, { recursive: true, force: true });
    }
    return directory;
  }

  /** The console first: LXD has it of instances of every kind and state, and it is small. */
  async #fillCapsule(name: string, target: Target, signal: AbortSignal): Promise<void> {
    const owner = this.#owner(name);
    const instance = await absentAsUndefined(this.#client.instances.get(name, signal));
    if (instance === undefined) {
      await this.#fill([leftConsole(this.#options.serverLogDirectory, name)], target, signal);
      return;
    }
    await this.#fill([consoleLog(owner)], target, signal);
    // A frozen instance runs no command, and LXD does not show the files of a virtual machine that is off.
    if (["Running", "Ready"].includes(instance.status)) await this.#fillLive(owner, target, signal);
    else if (instance.type === "container" && instance.status === "Stopped")
      await this.#fillRest(owner, target, signal);
    // LXD writes the console's end a moment after the instance's.
    if (!target.files.includes(CONSOLE_FILE)) await this.#fill([consoleLog(owner)], target, signal);
  }

  async #fillLive(owner: LogOwner, target: Target, signal: AbortSignal): Promise<void> {
    await this.#fill([liveJournal(owner)], target, signal);
    await this.#softly("diagnostics", target, signal, async () => {
      await this.#fill(await liveDiagnostics(owner, signal), target, signal);
    });
  }

  async #fillRest(owner: LogOwner, target: Target, signal: AbortSignal): Promise<void> {
    await this.#softly("all files", target, signal, async () => {
      using session = await this.#client.files.session(owner.name, signal);
      await this.#fill([restJournal(session, owner)], target, signal);
      await this.#softly("diagnostics", target, signal, async () => {
        await this.#fill(await restDiagnostics(session, owner, signal), target, signal);
      });
    });
  }

  /** Copies the other files when one fails. */
  async #fill(sources: readonly LogSource[], target: Target, signal: AbortSignal): Promise<void> {
    for (const { file, read } of sources) {
      const bytes = Math.min(LARGEST_FILE_BYTES, target.left);
      if (bytes <= 0) return;
      await this.#softly(file, target, signal, async () => {
        const text = this.#scrub(await read(bytes, signal));
        if (text === "") return;
        const content = Buffer.from(text).subarray(-bytes);
        await this.#write(join(target.directory, file), content);
        target.files.push(file);
        target.left -= content.length;
      });
    }
  }

  /** Leaves nothing when it fails: on a disk that is full now, the report still needs room. */
  async #write(path: string, content: Buffer): Promise<void> {
    try {
      await writeFile(path, content, { mode: 0o600 });
    } catch (thrown) {
      await rm(path, { force: true });
      throw thrown;
    }
  }

  async #softly(
    file: string,
    { failures }: Target,
    signal: AbortSignal,
    work: () => Promise<void>,
  ): Promise<void> {
    try {
      await work();
    } catch (thrown) {
      signal.throwIfAborted();
      failures.push({ file, thrown });
    }
  }

  /** What a running instance uses. */
  async #usage(name: string, signal: AbortSignal): Promise<object | undefined> {
    try {
      const { status, processes, cpu, memory, disk } = await this.#client.instances.state(name, signal);
      return { status, processes, cpuSeconds: cpu.usage / 1e9, memory, disk };
    } catch {
      signal.throwIfAborted();
      return undefined;
    }
  }

  async #freeBytes(directory: string): Promise<number> {
    if (this.#options.freeBytes) return this.#options.freeBytes(directory);
    const { bavail, bsize } = await statfs(directory);
    return bavail * bsize;
  }

  #scrub(text: string): string {
    return scrubSecrets(this.#options.scrub?.(text) ?? text);
  }

  #owner(name: string): LogOwner {
    const { client, diagnosticsInGuest: diagnostics, endJournalInGuest: endJournal } = this.#options;
    return { client, name, paths: { diagnostics, endJournal } };
  }
}

async function sizeOf(directory: string): Promise<number> {
  const names = await readdir(directory).catch(() => []);
  const sizes = names.map(
    async (name) => (await stat(join(directory, name)).catch(() => ({ size: 0 }))).size,
  );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
