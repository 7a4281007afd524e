import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { RunnerLogs } from "../runners/ports.ts";
import { LxdError, OutputLimitError, type LxdClient } from "./client/index.ts";

export interface LxdRunnerLogsOptions {
  readonly client: LxdClient;
  /** Directory of the runner application's diagnostics in the guest. */
  readonly diagnosticsInGuest: string;
  /** Absolute path on the host under which each runner gets a directory. */
  readonly directory: string;
}

const MOST_FILES = 50;
const LARGEST_FILE_BYTES = 4 * 2 ** 20;
const JOURNAL_BYTES = 4 * 2 ** 20;
const JOURNAL_LIMIT_MS = 20_000;
/** Names come from the guest, and a name with a slash or a dot at its start leads elsewhere on the host. */
const SAFE_NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,120}$/;

/** Pulls logs out of instances. What a guest holds is not trusted: bounded in number and size, plain files only. */
export class LxdRunnerLogs implements RunnerLogs {
  readonly #options: LxdRunnerLogsOptions;
  readonly #client: LxdClient;

  constructor(options: LxdRunnerLogsOptions) {
    this.#options = options;
    this.#client = options.client;
  }

  async pull(name: string, signal: AbortSignal): Promise<string> {
    const directory = join(this.#options.directory, name);
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await this.#pullJournal(name, directory, signal);
    for (const file of await this.#diagnostics(name, signal)) {
      await this.#pullFile(name, file, directory, signal);
    }
    return directory;
  }

  async #pullJournal(name: string, directory: string, signal: AbortSignal): Promise<void> {
    const { stdout } = await this.#client.exec.run(
      name,
      {
        command: ["journalctl", "--no-pager", "--output=short-iso", "--lines=20000"],
        maxOutputBytes: JOURNAL_BYTES,
        overflow: "keep-end",
        limitMs: JOURNAL_LIMIT_MS,
      },
      signal,
    );
    await writeFile(join(directory, "journal.log"), stdout, { mode: 0o600 });
  }

  async #diagnostics(name: string, signal: AbortSignal): Promise<readonly string[]> {
    const place = { instance: name, path: this.#options.diagnosticsInGuest };
    try {
      const entry = await this.#client.files.get(place, signal);
      if (entry.type === "file") entry.content.destroy();
      if (entry.type !== "directory") return [];
      return entry.names.filter((file) => SAFE_NAME.test(file)).slice(0, MOST_FILES);
    } catch (thrown) {
      // An application that never started has written none.
      if (thrown instanceof LxdError && thrown.notFound) return [];
      throw thrown;
    }
  }

  async #pullFile(name: string, file: string, directory: string, signal: AbortSignal): Promise<void> {
    const place = { instance: name, path: `${this.#options.diagnosticsInGuest}/${file}` };
    try {
      const content = await this.#client.files.read(place, LARGEST_FILE_BYTES, signal);
      await writeFile(join(directory, file), content, { mode: 0o600 });
    } catch (thrown) {
      const passedOver =
        thrown instanceof OutputLimitError || (thrown instanceof LxdError && thrown.notFound);
      if (!passedOver) throw thrown;
    }
  }
}
