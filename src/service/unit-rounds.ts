import { ConditionError } from "charm-kit";
import type { Workload } from "../unit/workload.ts";
import type { Round, ServiceWork } from "./ports.ts";

/** A hook has written other settings while the service waited for the unit's lock. */
export class OutdatedSettingsError extends ConditionError {
  readonly code = "outdated-settings";
  readonly remedy = "retry";

  constructor(revision: number) {
    super(`Cannot work on the runners: settings ${revision} are no longer in force`);
  }
}

/** Rounds of the service on the unit's workload. */
export class UnitRounds implements ServiceWork {
  readonly #workload: Workload;

  constructor(workload: Workload) {
    this.#workload = workload;
  }

  async round(isWhole: boolean, signal: AbortSignal): Promise<Round> {
    const report = await this.#workload.refill(isWhole, signal);
    if (report === undefined) {
      return {
        counts: await this.#workload.check(signal),
        created: 0,
        failures: [],
        waiting: 0,
        notices: ["the runner image is not built yet"],
      };
    }
    const { counts, delta, failures, notices, waiting } = report;
    return { counts, created: Math.max(0, delta), failures, notices, waiting };
  }

  close(): Promise<void> {
    return this.#workload.close();
  }
}
