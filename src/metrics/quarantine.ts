import { constants, lstat, mkdir, open, readdir, readlink, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "charm-kit";
import { kindOf } from "./guest-file.ts";

const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;

/** Most runners with stored evidence. The oldest is deleted first. */
const MOST_RUNNERS = 20;
const MOST_COPIED_BYTES = 4096;

/** An invalid entry in a runner's share. */
export interface BadFile {
  readonly file: string;
  readonly reason: string;
}

/** Stores evidence of invalid files from guests, bounded in number and size. */
export class Quarantine {
  readonly #directory: string;

  /** @param directory absolute; created when it is first needed. */
  constructor(directory: string) {
    this.#directory = directory;
  }

  /**
   * Copies the first bytes of each invalid file, with a report.
   *
   * @param bad the invalid entries; the caller bounds their number.
   * @returns the directory of the evidence.
   */
  async keep(runner: string, share: string, bad: readonly BadFile[]): Promise<string> {
    await this.#makeRoom();
    const directory = join(this.#directory, runner);
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const report: object[] = [];
    for (const [index, { file, reason }] of bad.entries()) {
      report.push({
        file,
        reason,
        ...(await copyOf(join(share, file), join(directory, `${index}.content`))),
      });
    }
    await writeFile(join(directory, "report.json"), `${JSON.stringify(report, undefined, 2)}\n`, {
      mode: 0o600,
    });
    return directory;
  }

  async #makeRoom(): Promise<void> {
    const names = await readdir(this.#directory).catch(() => []);
    if (names.length < MOST_RUNNERS) return;
    const dated = await Promise.all(
      names.map(async (name) => ({ name, at: (await lstat(join(this.#directory, name))).mtimeMs })),
    );
    dated.sort((left, right) => left.at - right.at);
    for (const { name } of dated.slice(0, names.length - MOST_RUNNERS + 1)) {
      await rm(join(this.#directory, name), { recursive: true, force: true });
    }
  }
}

/** Describes a directory entry and copies the start of a regular file. */
async function copyOf(from: string, to: string): Promise<object> {
  try {
    const stats = await lstat(from, { bigint: true });
    const kind = { kind: kindOf(stats), bytes: Number(stats.size), names: Number(stats.nlink) };
    if (stats.isSymbolicLink()) return { ...kind, target: await readlink(from) };
    if (!stats.isFile()) return kind;
    const file = await open(from, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(MOST_COPIED_BYTES), 0, MOST_COPIED_BYTES, 0);
      await writeFile(to, buffer.subarray(0, bytesRead), { mode: 0o600 });
    } finally {
      await file.close();
    }
    return kind;
  } catch (thrown) {
    return { kind: messageOf(thrown) };
  }
}
