import { withDeadline } from "charm-kit";
import type { StandbyStep } from "../runners/standby-keeper.ts";
import type { DemandListener } from "./demand-listener.ts";
import type { Round, RoundOptions, ServiceWork } from "./ports.ts";

/** Longest wait for GitHub's first word. */
const FIRST_WORD_MS = 15_000;

export interface DemandRoundsDependencies {
  readonly rounds: ServiceWork;
  readonly listener: DemandListener;
  readonly close: () => Promise<void>;
}

/** Rounds whose number of runners follows GitHub's jobs. Listens from the first moment until it is closed. */
export class DemandRounds implements ServiceWork {
  readonly #dependencies: DemandRoundsDependencies;
  readonly #ended = new AbortController();
  readonly #listening: Promise<unknown>;

  constructor(dependencies: DemandRoundsDependencies) {
    this.#dependencies = dependencies;
    this.#listening = dependencies.listener.run(this.#ended.signal).catch(() => undefined);
  }

  async round(options: RoundOptions, signal: AbortSignal): Promise<Round> {
    const { listener, rounds } = this.#dependencies;
    await withDeadline("hear of GitHub's jobs", FIRST_WORD_MS, signal, (limited) =>
      listener.asked(limited),
    ).catch(
      // What was heard before still counts for a while.
      () => {
        signal.throwIfAborted();
      },
    );
    const heard = listener.pending;
    const round = await rounds.round(options, signal);
    await listener.acted(heard, signal);
    return { ...round, demand: listener.heard };
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
