import { ConditionError } from "charm-kit";
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

/** Rounds of the service on the unit's workload. */
export class UnitRounds implements ServiceWork {
  readonly #workload: Pick<Workload, "refill" | "check" | "close">;

  constructor(workload: Pick<Workload, "refill" | "check" | "close">) {
    this.#workload = workload;
  }

  async round(options: RoundOptions, signal: AbortSignal): Promise<Round> {
    const report = await this.#workload.refill(options, signal);
    if (report !== undefined) return report;
    return {
      counts: await this.#workload.check(signal),
      created: 0,
      failures: [],
      ofRemovals: [],
      waiting: 0,
      notices: ["the runner image is not built yet"],
      capacity: undefined,
      image: "missing",
    };
  }

  close(): Promise<void> {
    return this.#workload.close();
  }
}
