import type { ActionEvent, ActionEventOf, Status } from "juju-charm";
import type { RunnerCounts } from "../runners/observed-runner.ts";
import { messageOf } from "charm-kit";
import type { UnitSystem } from "../unit/unit-system.ts";
import type { GithubRunnerTypes } from "./metadata.generated.ts";
import { failureOf, lackOf, statusOf, summarise } from "./status.ts";
import type { UnitWork } from "./unit-work.ts";
import { isFlushMode } from "../unit/flush-mode.ts";
import type { Workload } from "../unit/workload.ts";
import type { WorkloadReport } from "../unit/workload-report.ts";

type Event<Name extends keyof GithubRunnerTypes["actions"]> = ActionEventOf<GithubRunnerTypes, Name>;
type Step = (message: string) => void;

/** The services that action handlers use. */
export interface RunnerActionsParts {
  readonly work: UnitWork;
  readonly system: Pick<UnitSystem, "clock" | "logRoot">;
  /** Sets the unit's status after the action. */
  readonly show: (status: Status) => Promise<void>;
}

/** The handlers of the actions. An action that cannot run fails with the message that the status would show. */
export class RunnerActions {
  readonly #parts: RunnerActionsParts;

  constructor(parts: RunnerActionsParts) {
    this.#parts = parts;
  }

  readonly checkRunners = async (event: Event<"check-runners">): Promise<void> => {
    const { work } = this.#parts;
    await act(event, async (step) => {
      const [counts, crashLoop] = await work.withWorkload(
        async (workload) => [await workload.check(event.signal), await workload.crashLoop()] as const,
        step,
      );
      await event.setResults(runnerResults(counts));
      if (crashLoop) step(crashLoop);
      const service = await work.healthyService(event.signal);
      if (service) (await import("./describe-service.ts")).describeService(service).forEach(step);
      const lack = lackOf(await work.checkTimers(event.signal));
      if (lack) step(`Nothing dispatches events on a schedule: ${lack}`);
      const other = await work.otherUnit();
      if (other !== undefined) step(`Remains of another unit: ${other}`);
    });
  };

  readonly reconcileRunners = async (event: Event<"reconcile-runners">): Promise<void> => {
    await this.#actOnRunners(event, async ({ workload, conclude }) => {
      const report = await workload.reconcile(event.signal);
      await event.setResults({ delta: describeDelta(report.delta), ...runnerResults(report.counts) });
      return conclude(report);
    });
  };

  /** Replaces the flushed runners at once. A flush succeeds even when new runners cannot be created yet. */
  readonly flushRunners = async (event: Event<"flush-runners">): Promise<void> => {
    const parameters = await event.params();
    // Juju fills in the default.
    const mode: string = Object.hasOwn(parameters, "mode") ? parameters.mode : "busy";
    // Juju checks the parameters too; here it decides about jobs.
    if (!isFlushMode(mode)) {
      await event.fail(`mode: "${mode.slice(0, 40)}" is not a mode; use idle, busy or force`);
      return;
    }
    if (mode === "idle") {
      await this.#renewIdle(event);
      return;
    }
    await this.#actOnRunners(event, async ({ workload, step, conclude }) => {
      const flush = await workload.flush(mode, event.signal);
      for (const failure of flush.failures) step(messageOf(failure));
      step(`Flushed ${flush.flushed} of ${flush.flushed + flush.counts.names.length} runners`);
      await event.setResults({ delta: describeDelta(flush.delta), flushed: String(flush.flushed) });
      try {
        const fresh = await workload.reconcile(event.signal);
        await event.setResults({ delta: describeDelta(flush.delta + fresh.delta) });
        return conclude(fresh);
      } catch (thrown) {
        const status = statusOf(thrown);
        if (!status) throw thrown;
        step(`No fresh runners yet: ${status.message}`);
        return status;
      }
    });
  };

  readonly updateDependencies = async (event: Event<"update-dependencies">): Promise<void> => {
    await this.#actOnRunners(event, async ({ workload, conclude }) => {
      const before = await workload.check(event.signal);
      const { version, changed } = await workload.updateApplication(true, event.signal);
      // A person asks: the pause after a failed build does not hold.
      await workload.endPause();
      const report = await workload.reconcile(event.signal);
      const failure = await workload.lastFailure();
      if (failure !== undefined) {
        await event.fail(`Cannot update the runners to ${version}: ${failure}`);
        return conclude(report);
      }
      const isFlushed = changed && before.names.some((name) => !report.counts.names.includes(name));
      await event.setResults({ flush: String(isFlushed), "runner-version": version });
      return conclude(report);
    });
  };

  readonly buildImage = async (event: Event<"build-image">): Promise<void> => {
    const { work, system } = this.#parts;
    await act(event, async (step) => {
      const startedAt = system.clock.now();
      const image = await work.withWorkload((workload) => workload.buildImage(event.signal), step);
      const seconds = Math.round((system.clock.now() - startedAt) / 1000);
      await event.setResults({ image: image.fingerprint, seconds: String(seconds) });
    });
  };

  readonly collectLogs = async (event: Event<"collect-logs">): Promise<void> => {
    const { work, system } = this.#parts;
    const { runner } = await event.params();
    const { collectLogs } = await import("../unit/collect-logs.ts");
    await act(event, (step) =>
      work.withUnit(async ({ machines, logs }) => {
        const sources = { machines, logs, directory: system.logRoot, step };
        await event.setResults({ path: await collectLogs(runner, sources, event.signal) });
      }),
    );
  };

  /** Works without GitHub and with a wrong configuration: what the machine has kept is told in any case. */
  readonly explainRunner = async (event: Event<"explain-runner">): Promise<void> => {
    const { work, system } = this.#parts;
    const { name } = await event.params();
    const [{ explainRunner, renderTimeline }, { listCapsules }] = await Promise.all([
      import("../unit/explain-runner.ts"),
      import("../unit/capsules.ts"),
    ]);
    await act(event, async (step) => {
      const { history, shelf } = await work.lifeRecords();
      const seen = await work
        .withWorkload((workload) => workload.find(name, event.signal), step)
        .catch((thrown: unknown) => {
          const blind = failureOf(thrown);
          if (blind === undefined) throw thrown;
          step(`LXD and GitHub could not be read: ${blind}`);
          return { names: [], blind };
        });
      const [moments, capsules] = await Promise.all([history.read(), listCapsules(shelf)]);
      const told = explainRunner(name, { ...seen, moments, capsules }, system.clock.now());
      await event.setResults({
        summary: told.summary,
        timeline: renderTimeline(told.moments),
        moments: JSON.stringify(
          told.moments.map(({ at, ...moment }) => ({ at: new Date(at).toISOString(), ...moment })),
        ),
      });
    });
  };

  /** Works with a wrong configuration and without GitHub: these are reasons too. */
  readonly explainQueue = async (event: Event<"explain-queue">): Promise<void> => {
    const { work, system } = this.#parts;
    const [{ explainQueue }, { obstacleOf }] = await Promise.all([
      import("../unit/explain-queue.ts"),
      import("../unit/queue-evidence.ts"),
    ]);
    await act(event, async (step) => {
      const told = await work.queueEvidence(step, event.signal).then(
        (evidence) => explainQueue(evidence, system.clock.now()),
        (thrown: unknown) => {
          const failure = failureOf(thrown);
          if (failure === undefined) throw thrown;
          const { reason } = obstacleOf(thrown);
          return { queued: undefined, oldestSeconds: 0, reason, details: [failure] };
        },
      );
      await event.setResults({
        queued: told.queued === undefined ? "unknown" : String(told.queued),
        "oldest-seconds": String(told.oldestSeconds),
        reason: told.reason,
        details: told.details.join("\n"),
      });
    });
  };

  readonly postMortem = async (event: Event<"post-mortem">): Promise<void> => {
    const { work } = this.#parts;
    const parameters = await event.params();
    const { listCapsules, openCapsule, renderCapsules } = await import("../unit/capsules.ts");
    await act(event, async () => {
      const { shelf } = await work.lifeRecords();
      const { runner } = parameters;
      if (runner === undefined) {
        const capsules = await listCapsules(shelf);
        await event.setResults({
          capsules: capsules.map((capsule) => capsule.runner).join(","),
          list: renderCapsules(capsules),
        });
        return;
      }
      // Juju fills in the default.
      const file: string = Object.hasOwn(parameters, "file") ? parameters.file : "console.log";
      const { path, files, report, content } = await openCapsule(shelf, runner, file);
      await event.setResults({ path, files: files.join(","), report, content });
    });
  };

  /** The runners work: they are removed only as far as fresh ones can be created. */
  async #renewIdle(event: Event<"flush-runners">): Promise<void> {
    await this.#actOnRunners(event, async ({ workload, step, conclude }) => {
      const { names, busyNames } = await workload.check(event.signal);
      const report = await workload.renewIdle(event.signal);
      const gone = names.filter((name) => !busyNames.includes(name) && !report.counts.names.includes(name));
      step(`Flushed ${gone.length} of ${names.length} runners`);
      await event.setResults({ delta: describeDelta(report.delta), flushed: String(gone.length) });
      return conclude(report);
    });
  }

  /** Runs an action that changes runners and sets the resulting status. */
  #actOnRunners(
    event: ActionEvent<object, object>,
    change: (scene: RunnerChange) => Promise<Status>,
  ): Promise<void> {
    const { work, show } = this.#parts;
    return act(event, (step) =>
      work.withWorkload(async (workload, { count }) => {
        const conclude = (report: WorkloadReport) => {
          for (const failure of report.failures) step(messageOf(failure));
          return summarise(report.counts, count, report);
        };
        await show(await change({ workload, step, conclude }));
      }, step),
    );
  }
}

/** The arguments of an action that changes runners. */
interface RunnerChange {
  readonly workload: Workload;
  readonly step: Step;
  /** Logs the failures of single runners and returns the resulting status. */
  readonly conclude: (report: WorkloadReport) => Status;
}

/** Does the work, logs its steps to the action, and fails the action with the message that the status would show. */
async function act(event: ActionEvent<object, object>, work: (step: Step) => Promise<void>): Promise<void> {
  let told = Promise.resolve();
  const step = (message: string) => {
    // A progress message that cannot be logged must not end the work.
    told = told.then(() => event.log(message)).catch(() => undefined);
  };
  try {
    await work(step);
  } catch (thrown) {
    const failure = failureOf(thrown);
    if (failure === undefined) throw thrown;
    await event.fail(failure);
  } finally {
    await told;
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
    standby: String(counts.standby),
  };
}
