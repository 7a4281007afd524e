import { Charm, type CharmEvent, type Framework, type Status } from "../framework/index.ts";
import { CharmError } from "../support/errors.ts";
import type { CharmSystem } from "./charm-system.ts";
import { conditionSlot, isOverWithHost } from "./condition.ts";
import type { Configuration } from "./configuration.ts";
import type { GithubRunnerTypes } from "./metadata.generated.ts";
import { RunnerActions } from "./runner-actions.ts";
import { StatusReporter } from "./status-reporter.ts";
import { statusOf, summarise, withNotices } from "./status.ts";
import { UnitWork } from "./unit-work.ts";
import type { Workload } from "./workload.ts";

/** Keeps the unit's runners alive: each handler opens the workload and asks it for one thing. */
export class GithubRunnerCharm extends Charm<GithubRunnerTypes> {
  readonly #reporter: StatusReporter;
  readonly #work: UnitWork;

  constructor(framework: Framework, system: CharmSystem) {
    super(framework);
    this.#reporter = new StatusReporter((status) => this.unit.setStatus(status));
    this.#work = new UnitWork(this, system, (message) => {
      this.#reporter.report({ name: "maintenance", message });
    });
    framework.observe(this.on.install, this.onInstall);
    framework.observe(this.on.start, this.onReconcile);
    framework.observe(this.on.configChanged, this.onReconcile);
    framework.observe(this.on.upgradeCharm, this.onReconcile);
    framework.observe(this.on.custom("reconcile-runners"), this.onReconcile);
    framework.observe(this.on.updateStatus, this.onUpdateStatus);
    framework.observe(this.on.stop, this.onStop);
    framework.observe(this.on.remove, this.onRemove);
    const actions = new RunnerActions({
      work: this.#work,
      setStatus: (status) => this.unit.setStatus(status),
    });
    framework.observe(this.on.action("reconcile-runners"), actions.reconcileRunners);
    framework.observe(this.on.action("check-runners"), actions.checkRunners);
    framework.observe(this.on.action("flush-runners"), actions.flushRunners);
  }

  async onInstall({ signal }: CharmEvent): Promise<void> {
    await this.#attend(async (workload) => {
      const notices = await workload.prepare(signal);
      return { name: "maintenance", message: withNotices("Ready to start runners", notices) };
    });
  }

  async onReconcile({ signal }: CharmEvent): Promise<void> {
    await this.#attend(async (workload, { count }) => {
      const report = await workload.reconcile(signal);
      return summarise(report.counts, count, report);
    });
  }

  /** Costs no call to GitHub: it tells whether LXD is there and whether the configuration stands. */
  async onUpdateStatus({ signal }: CharmEvent): Promise<void> {
    await this.#show(async () => {
      await this.#work.configuration();
      await this.#work.withUnit(({ premises }) => premises.check(signal));
      const condition = await this.framework.state.read(conditionSlot);
      // What an earlier event could not do, the next reconcile does.
      return isOverWithHost(condition)
        ? { name: "maintenance", message: "Waiting for the next reconcile" }
        : undefined;
    });
  }

  async onStop({ signal }: CharmEvent): Promise<void> {
    await this.#work.depart((departure) => departure.endAll(signal));
  }

  async onRemove({ signal }: CharmEvent): Promise<void> {
    await this.#work.depart((departure) => departure.remove(signal));
  }

  #attend(
    work: (workload: Workload, configuration: Configuration) => Promise<Status | undefined>,
  ): Promise<void> {
    return this.#show(() => this.#work.withWorkload(work));
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
}
