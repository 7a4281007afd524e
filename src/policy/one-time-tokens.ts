import { createHash, randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, rm, stat, unlink } from "node:fs/promises";
import { join } from "node:path";
import { type Clock, Secret, systemErrorCode, writeFileAtomically } from "charm-kit";

/** Longer than a runner waits for a job: an idle one is replaced after a day. */
const LIFETIME_MS = 48 * 60 * 60_000;
/** How often the tokens of runners that had no job are deleted. */
const SWEEP_MS = 60 * 60_000;
const TOKEN = /^[\da-f]{64}$/;

/**
 * Tokens that are each good for one check. A directory has the digest of each token, so that a restarted service knows
 * the tokens of all runners, and neither the directory nor a copy of it has a token.
 */
export class OneTimeTokens {
  readonly #directory: string;
  readonly #clock: Clock;
  #sweptAt: number | undefined;

  /** @param directory absolute path of a directory for these tokens alone; created when missing. */
  constructor(directory: string, clock: Clock) {
    this.#directory = directory;
    this.#clock = clock;
  }

  /** Issues a token. It is durable, as the runner that has it is. */
  async issue(): Promise<Secret> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    const now = this.#clock.now();
    if (this.#sweptAt === undefined || Math.abs(now - this.#sweptAt) > SWEEP_MS) await this.#sweep(now);
    const token = randomBytes(32).toString("hex");
    await writeFileAtomically(this.#path(token), `${now}\n`, { mode: 0o600 });
    return new Secret(token);
  }

  /** Whether a token is good. It is so once: of all that ask at the same time, one deletes its file. */
  async redeem(token: string): Promise<boolean> {
    if (!TOKEN.test(token)) return false;
    const path = this.#path(token);
    try {
      const issuedAt = Number(await readFile(path, "utf8"));
      await unlink(path);
      return !isExpired(issuedAt, this.#clock.now());
    } catch (thrown) {
      if (systemErrorCode(thrown) === "ENOENT") return false;
      throw thrown;
    }
  }

  async #sweep(now: number): Promise<void> {
    this.#sweptAt = now;
    for (const name of await readdir(this.#directory)) {
      const path = join(this.#directory, name);
      const known = await stat(path).catch(() => undefined);
      if (known && isExpired(known.mtimeMs, now)) await rm(path, { force: true });
    }
  }

  #path(token: string): string {
    return join(this.#directory, createHash("sha256").update(token).digest("hex"));
  }
}

function isExpired(issuedAt: number, now: number): boolean {
  return now - issuedAt > LIFETIME_MS;
}
