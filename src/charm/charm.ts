import {
  Charm,
  type ActionEventOf,
  type CharmEvent,
  type Framework,
  type Status,
} from "../framework/index.ts";
import type { RunnerCounts } from "../runners/observed-runner.ts";
import { CharmError } from "../support/errors.ts";
import { applicationSlot } from "./application-record.ts";
import type { CharmSystem } from "./charm-system.ts";
import { conditionSlot, isOverWithHost } from "./condition.ts";
import type { Configuration } from "./configuration.ts";
import type { GithubRunnerTypes } from "./metadata.generated.ts";
import { StatusReporter } from "./status-reporter.ts";
import { describeCounts, statusOf, summarise } from "./status.ts";
import type { Departure } from "./departure.ts";
import type { WorkloadContext } from "./open-workload.ts";
import type { Workload } from "./workload.ts";

/** Keeps the unit's runners alive: each handler opens the workload and asks it for one thing. */
export class GithubRunnerCharm extends Charm<GithubRunnerTypes> {
  readonly #system: CharmSystem;
  readonly #reporter: StatusReporter;

  constructor(framework: Framework, system: CharmSystem) {
    super(framework);
    this.#system = system;
    this.#reporter = new StatusReporter((status) => this.unit.setStatus(status));
    framework.observe(this.on.install, this.onInstall);
    framework.observe(this.on.start, this.onReconcile);
    framework.observe(this.on.configChanged, this.onReconcile);
    framework.observe(this.on.upgradeCharm, this.onReconcile);
    framework.observe(this.on.custom("reconcile-runners"), this.onReconcile);
    framework.observe(this.on.updateStatus, this.onUpdateStatus);
    framework.observe(this.on.stop, this.onStop);
    framework.observe(this.on.remove, this.onRemove);
    framework.observe(this.on.action("reconcile-runners"), this.onReconcileAction);
    framework.observe(this.on.action("check-runners"), this.onCheckRunnersAction);
    framework.observe(this.on.action("flush-runners"), this.onFlushRunnersAction);
  }

  async onInstall({ signal }: CharmEvent): Promise<void> {
    await this.#attend(async (workload) => {
      await workload.prepare(signal);
      return { name: "maintenance", message: "Ready to start runners" };
    });
  }

  async onReconcile({ signal }: CharmEvent): Promise<void> {
    await this.#attend(async (workload, { count }) => {
      const { counts, failures } = await workload.reconcile(signal);
      return summarise(counts, count, failures);
    });
  }

  /** Costs no call to GitHub: it tells whether LXD is there and whether the configuration stands. */
  async onUpdateStatus({ signal }: CharmEvent): Promise<void> {
    await this.#show(async () => {
      await this.#configuration();
      await this.#checkHost(signal);
      const condition = await this.framework.state.read(conditionSlot);
      // What an earlier event could not do, the next reconcile does.
      return isOverWithHost(condition)
        ? { name: "maintenance", message: "Waiting for the next reconcile" }
        : undefined;
    });
  }

  async onStop({ signal }: CharmEvent): Promise<void> {
    await this.#depart((departure) => departure.endAll(signal));
  }

  async onRemove({ signal }: CharmEvent): Promise<void> {
    await this.#depart((departure) => departure.remove(signal));
  }

  async onReconcileAction(event: ActionEventOf<GithubRunnerTypes, "reconcile-runners">): Promise<void> {
    await this.#act(async (workload, { count }) => {
      const { counts, delta, failures } = await workload.reconcile(event.signal);
      await event.setResults({ delta: describeDelta(delta), ...runnerResults(counts) });
      await this.unit.setStatus(summarise(counts, count, failures));
    });
  }

  async onCheckRunnersAction(event: ActionEventOf<GithubRunnerTypes, "check-runners">): Promise<void> {
    await this.#act(async (workload) => {
      await event.setResults(runnerResults(await workload.check(event.signal)));
    });
  }

  async onFlushRunnersAction(event: ActionEventOf<GithubRunnerTypes, "flush-runners">): Promise<void> {
    const { mode } = await event.params();
    await this.#act(async (workload) => {
      const { counts, delta, flushed } = await workload.flush(mode, event.signal);
      await event.setResults({ delta: describeDelta(delta), flushed: String(flushed) });
      await this.unit.setStatus({ name: "active", message: describeCounts(counts) });
    });
  }

  #attend(
    work: (workload: Workload, configuration: Configuration) => Promise<Status | undefined>,
  ): Promise<void> {
    return this.#show(() => this.#withWorkload(work));
  }

  /** Does work for a hook and shows how it ended; a condition that the status can tell is no failure of the hook. */
  async #show(work: () => Promise<Status | undefined>): Promise<void> {
    const { status, condition } = await work().then(
      (shown) => ({ status: shown, condition: null }),
      (thrown: unknown) => {
        const told = statusOf(thrown);
        if (!told || !(thrown instanceof CharmError)) throw thrown;
        this.log.warning("Cannot go on", { reason: told.message });
        return { status: told, condition: thrown.code };
      },
    );
    await this.#reporter.settle();
    if (!status) return;
    await this.framework.state.write(conditionSlot, condition);
    await this.unit.setStatus(status);
  }

  /** Does work for an action; what the status would tell becomes the action's failure. */
  async #act(work: (workload: Workload, configuration: Configuration) => Promise<void>): Promise<void> {
    try {
      await this.#withWorkload(work);
    } finally {
      await this.#reporter.settle();
    }
  }

  /** Asks LXD for a sign of life. */
  async #checkHost(signal: AbortSignal): Promise<void> {
    const { openUnit } = await import("./open-unit.ts");
    const unit = openUnit(this.#workloadContext());
    try {
      await unit.premises.check(signal);
    } finally {
      await unit.close();
    }
  }

  async #withWorkload<T>(work: (workload: Workload, configuration: Configuration) => Promise<T>): Promise<T> {
    const configuration = await this.#configuration();
    const { openWorkload } = await import("./open-workload.ts");
    const workload = openWorkload(configuration, this.#workloadContext());
    try {
      return await work(workload, configuration);
    } finally {
      await workload.close();
    }
  }

  /** A unit that goes away takes its runners with it even when its configuration cannot be used. */
  async #depart(work: (departure: Departure) => Promise<void>): Promise<void> {
    const [{ openDeparture }, configuration] = await Promise.all([
      import("./open-workload.ts"),
      this.#configuration().catch((thrown: unknown) =>
        thrown instanceof Error ? thrown : new Error(String(thrown)),
      ),
    ]);
    const departure = openDeparture(configuration, this.#workloadContext());
    try {
      await work(departure);
    } finally {
      await departure.close();
    }
  }

  async #configuration(): Promise<Configuration> {
    const [{ parseConfiguration }, { checkOptions }, options] = await Promise.all([
      import("./configuration.ts"),
      import("./check-options.ts"),
      this.config.read(),
    ]);
    this.#redact(options);
    return parseConfiguration(options, checkOptions);
  }

  /** Before anything is made of the options: an error about them may hold what a person pasted. */
  #redact({ token }: GithubRunnerTypes["options"]): void {
    this.framework.redactor.add(token);
  }

  #workloadContext(): WorkloadContext {
    const { context, redactor, state } = this.framework;
    return {
      system: this.#system,
      appName: context.appName,
      unitName: context.unitName,
      modelUuid: context.model.uuid,
      log: this.log,
      redactor,
      application: {
        read: () => state.read(applicationSlot),
        write: (record) => state.write(applicationSlot, record),
      },
      step: (message) => {
        this.#reporter.report({ name: "maintenance", message });
      },
    };
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
