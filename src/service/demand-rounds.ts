import { findCause, withDeadline } from "charm-kit";
import type { StandbyStep } from "../runners/standby-keeper.ts";
import type { DemandListener } from "./demand-listener.ts";
import { jobRoomAfter, type JobRoom } from "./job-room.ts";
import type { Round, RoundOptions, ServiceWork } from "./ports.ts";
import { OutdatedSettingsError } from "./unit-rounds.ts";

/** Longest wait for GitHub's first word. */
const FIRST_WORD_MS = 15_000;

export interface DemandRoundsDependencies {
  readonly rounds: ServiceWork;
  readonly listener: Pick<DemandListener, "acted" | "asked" | "heard" | "pending" | "run">;
  /** What the listener announces: each round sets it anew. */
  readonly room: Pick<JobRoom, "now" | "set">;
  readonly close: () => Promise<void>;
}

/** Rounds whose number of runners follows GitHub's jobs. Listens from the first moment until it is closed. */
export class DemandRounds implements ServiceWork {
  readonly #dependencies: DemandRoundsDependencies;
  readonly #ended = new AbortController();
  readonly #listening: Promise<unknown>;
  /** Number of runners at the end of the last round. */
  #present = 0;

  constructor(dependencies: DemandRoundsDependencies) {
    this.#dependencies = dependencies;
    this.#listening = dependencies.listener.run(this.#ended.signal).catch(() => undefined);
  }

  async round(options: RoundOptions, signal: AbortSignal): Promise<Round> {
    const { listener } = this.#dependencies;
    await withDeadline("hear of GitHub's jobs", FIRST_WORD_MS, signal, (limited) =>
      listener.asked(limited),
    ).catch(
      // What was heard before still counts for a while.
      () => {
        signal.throwIfAborted();
      },
    );
    const heard = listener.pending;
    const round = await this.#round(options, signal);
    await listener.acted(heard, signal);
    return { ...round, demand: listener.heard };
  }

  /** Settings that a hook has replaced say nothing of the next ones. */
  async #round(options: RoundOptions, signal: AbortSignal): Promise<Round> {
    const { room, rounds } = this.#dependencies;
    try {
      const round = await rounds.round(options, signal);
      // A round that may create nothing does not find out whether anything can be created.
      if (options.mostCreations !== 0) room.set(jobRoomAfter(round));
      this.#present = round.counts.names.length;
      return round;
    } catch (thrown) {
      // The runners that are there can have jobs.
      if (!signal.aborted && !findCause(thrown, OutdatedSettingsError))
        room.set(Math.min(room.now, this.#present));
      throw thrown;
    }
  }

  makeUpStandby(interruption: AbortSignal, signal: AbortSignal): Promise<StandbyStep> {
    return this.#dependencies.rounds.makeUpStandby(interruption, signal);
  }

  async close(): Promise<void> {
    this.#ended.abort();
    await this.#listening;
    await this.#dependencies.close();
    await this.#dependencies.rounds.close();
  }
}
