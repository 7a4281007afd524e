import { ConditionError } from "charm-kit";
import type { StandbyStep } from "../runners/standby-keeper.ts";
import type { Workload } from "../unit/workload.ts";
import type { Round, RoundOptions, ServiceWork } from "./ports.ts";

/** A hook has written other settings while the service waited for the unit's lock. */
export class OutdatedSettingsError extends ConditionError {
  readonly code = "outdated-settings";
  readonly remedy = "retry";

  constructor(revision: number) {
    super(`Cannot work on the runners: settings ${revision} are no longer in force`);
  }
}

/** What the service needs of a workload. */
type RoundWorkload = Pick<Workload, "refill" | "tidy" | "makeUpStandby" | "check" | "close">;

/** Rounds of the service on the unit's workload. */
export class UnitRounds implements ServiceWork {
  readonly #workload: RoundWorkload;

  constructor(workload: RoundWorkload) {
    this.#workload = workload;
  }

  async round(options: RoundOptions, signal: AbortSignal): Promise<Round> {
    const report = options.isPaused
      ? await this.#workload.tidy(signal)
      : await this.#workload.refill(options, signal);
    if (report !== undefined) return options.isPaused ? { ...report, capacity: undefined } : report;
    return {
      counts: await this.#workload.check(signal),
      runners: [],
      created: 0,
      failures: [],
      ofRemovals: [],
      waiting: 0,
      notices: ["the runner image is not built yet"],
      capacity: undefined,
      image: "missing",
    };
  }

  async makeUpStandby(interruption: AbortSignal, signal: AbortSignal): Promise<StandbyStep> {
    return (await this.#workload.makeUpStandby(interruption, signal)) ?? { standby: 0, isDone: true };
  }

  close(): Promise<void> {
    return this.#workload.close();
  }
}
