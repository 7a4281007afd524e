import type { RunnerRecord } from "../state/runner-record.ts";
import type { FaultKind } from "./faults.ts";

/** How a fault lets a list be seen. */
export class ListView {
  readonly #fault: FaultKind | undefined;
  readonly #stale: readonly RunnerRecord[];

  /** @param stale the runners of the moment in which the fault was set. */
  constructor(fault: FaultKind | undefined, stale: readonly RunnerRecord[]) {
    this.#fault = fault;
    this.#stale = stale;
  }

  /** The whole list, as this view has it for a page. */
  of(runners: Iterable<RunnerRecord>, page: number): readonly RunnerRecord[] {
    if (this.#fault?.kind === "stale-list") return this.#stale;
    const all = [...runners];
    return this.#fault?.kind === "page-drift" && page > 1 ? all.slice(1) : all;
  }

  /** One page of it. */
  page(runners: readonly RunnerRecord[]): readonly RunnerRecord[] {
    return this.#fault?.kind === "duplicates" ? [...runners.slice(0, 1), ...runners] : runners;
  }
}
