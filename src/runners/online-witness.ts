import { isRecent, type Clock } from "charm-kit";
import type { BootstrapAnswer, Forge, Registration } from "./ports.ts";

/** Milliseconds between two readings of GitHub's list. A runner's application usually speaks within a few seconds. */
const POLL_MS = 15_000;

/** Knows from GitHub's list which new runners are online, whatever their applications print. */
export class OnlineWitness {
  readonly #forge: Pick<Forge, "list">;
  readonly #clock: Clock;
  #reading: Promise<readonly Registration[]> | undefined;
  #readAt = -Infinity;

  constructor(forge: Pick<Forge, "list">, clock: Clock) {
    this.#forge = forge;
    this.#clock = clock;
  }

  /**
   * Resolves when GitHub lists the runner as online, or with a job. The first reading comes after {@link POLL_MS}; runners
   * that start at the same time share the readings. A list that cannot be read says nothing: the next one may.
   *
   * @throws the signal's reason.
   */
  async online(name: string, signal: AbortSignal): Promise<void> {
    for (;;) {
      await this.#clock.wait(POLL_MS, signal);
      const registrations = await this.#list(signal).catch(() => []);
      signal.throwIfAborted();
      if (registrations.some((entry) => entry.name === name && (entry.online || entry.busy))) return;
    }
  }

  #list(signal: AbortSignal): Promise<readonly Registration[]> {
    const now = this.#clock.now();
    if (this.#reading === undefined || !isRecent(this.#readAt, { now, withinMs: POLL_MS / 2 })) {
      this.#readAt = now;
      this.#reading = this.#forge.list(signal);
    }
    return this.#reading;
  }
}

/**
 * Ends with the first of both proofs that a runner is ready: its guest's answer, or GitHub's list.
 *
 * @param online undefined: the guest's answer decides alone.
 * @throws the error of the delivery, as long as GitHub does not list the runner.
 */
export async function listeningOrOnline(
  deliver: (signal: AbortSignal) => Promise<BootstrapAnswer>,
  online: (signal: AbortSignal) => Promise<void> | undefined,
  signal: AbortSignal,
): Promise<BootstrapAnswer> {
  const decided = new AbortController();
  const either = AbortSignal.any([signal, decided.signal]);
  const delivered = deliver(either);
  const seen = online(either)?.then(() => "listening" as const);
  try {
    return await Promise.race(seen ? [delivered, seen] : [delivered]);
  } finally {
    decided.abort();
    await Promise.allSettled([delivered, seen]);
  }
}
