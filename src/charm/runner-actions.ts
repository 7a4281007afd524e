import type { ActionEvent, ActionEventOf, Status } from "../framework/index.ts";
import type { RunnerCounts } from "../runners/observed-runner.ts";
import type { Configuration } from "./configuration.ts";
import type { GithubRunnerTypes } from "./metadata.generated.ts";
import { failureOf, summarise } from "./status.ts";
import type { UnitWork } from "./unit-work.ts";
import type { Workload } from "./workload.ts";

type Event<Name extends keyof GithubRunnerTypes["actions"]> = ActionEventOf<GithubRunnerTypes, Name>;

/** What the handlers of actions work with. */
export interface RunnerActionsParts {
  readonly work: UnitWork;
  readonly setStatus: (status: Status) => Promise<void>;
}

/** What a person can have the unit do. An action that cannot run fails with what the status would say. */
export class RunnerActions {
  readonly #parts: RunnerActionsParts;

  constructor(parts: RunnerActionsParts) {
    this.#parts = parts;
  }

  readonly checkRunners = async (event: Event<"check-runners">): Promise<void> => {
    await this.#act(event, async (workload) => {
      await event.setResults(runnerResults(await workload.check(event.signal)));
    });
  };

  readonly reconcileRunners = async (event: Event<"reconcile-runners">): Promise<void> => {
    await this.#act(event, async (workload, { count }) => {
      const report = await workload.reconcile(event.signal);
      await event.setResults({ delta: describeDelta(report.delta), ...runnerResults(report.counts) });
      await this.#parts.setStatus(summarise(report.counts, count, report));
    });
  };

  readonly flushRunners = async (event: Event<"flush-runners">): Promise<void> => {
    const { mode } = await event.params();
    await this.#act(event, async (workload) => {
      const { counts, delta, flushed } = await workload.flush(mode, event.signal);
      await event.setResults({ delta: describeDelta(delta), flushed: String(flushed) });
      await this.#parts.setStatus(summarise(counts, counts.names.length, { failures: [], notices: [] }));
    });
  };

  /** Does the work, tells its steps to the caller, and makes of what the status would tell the action's failure. */
  async #act(
    event: ActionEvent<object, object>,
    work: (workload: Workload, configuration: Configuration) => Promise<void>,
  ): Promise<void> {
    let told = Promise.resolve();
    const step = (message: string) => {
      // A step that cannot be told must not end the work it tells about.
      told = told.then(() => event.log(message)).catch(() => undefined);
    };
    try {
      await this.#parts.work.withWorkload(work, step);
    } catch (thrown) {
      const failure = failureOf(thrown);
      if (failure === undefined) throw thrown;
      await event.fail(failure);
    } finally {
      await told;
    }
  }
}

function describeDelta(delta: number): string {
  return JSON.stringify({ "virtual-machines": delta });
}

function runnerResults(counts: RunnerCounts): Record<string, string> {
  return {
    online: String(counts.online),
    busy: String(counts.busy),
    offline: String(counts.offline),
    unknown: String(counts.unknown),
    runners: counts.names.join(","),
    "busy-runners": counts.busyNames.join(","),
  };
}
