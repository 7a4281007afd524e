import { Charm, type CharmEvent, type Framework, type Status } from "juju-charm";
import { COSAgent } from "juju-cos-agent";
import type { TimerState } from "../unit/ports.ts";
import type { Clock, ConditionError } from "charm-kit";
import type { Teardown } from "../unit/teardown.ts";
import type { UnitSystem } from "../unit/unit-system.ts";
import { conditionSlot } from "./condition.ts";
import type { Configuration } from "../unit/configuration.ts";
import type { GithubRunnerTypes } from "./metadata.generated.ts";
import { RunnerActions } from "./runner-actions.ts";
import { StatusReporter } from "./status-reporter.ts";
import {
  checkOf,
  isCondition,
  lackOf,
  nextAttempt,
  statusOf,
  summarise,
  summariseService,
  withNotices,
} from "./status.ts";
import { UnitWork } from "./unit-work.ts";
import type { Workload } from "../unit/workload.ts";
import type { WorkloadReport } from "../unit/workload-report.ts";

/** Keeps the unit's runners alive. Each handler opens the workload and calls one of its operations. */
export class GithubRunnerCharm extends Charm<GithubRunnerTypes> {
  readonly #reporter: StatusReporter;
  readonly #work: UnitWork;
  readonly #clock: Clock;
  #timers: TimerState | undefined;
  #isUpgrade = false;

  constructor(framework: Framework, system: UnitSystem) {
    super(framework);
    this.#clock = system.clock;
    this.#reporter = new StatusReporter((status) => this.unit.setStatus(status));
    this.#work = new UnitWork(this, system, (message) => {
      this.#reporter.report({ name: "maintenance", message });
    });
    framework.observe(this.on.install, this.onInstall);
    framework.observe(this.on.start, this.onStart);
    framework.observe(this.on.configChanged, this.onReconcile);
    framework.observe(this.on.upgradeCharm, this.onUpgrade);
    framework.observe(this.on.custom("reconcile-runners"), this.onTimer);
    framework.observe(this.on.custom("refresh-image"), this.onRefreshImage);
    framework.observe(this.on.secretChanged, this.onReconcile);
    const debugSsh = this.on.relation("debug-ssh");
    framework.observe(debugSsh.changed, this.onReconcile);
    framework.observe(debugSsh.departed, this.onDebugSshDeparted);
    const collectors = this.on.relation("cos-agent");
    framework.observe(collectors.created, this.onReconcile);
    framework.observe(collectors.broken, this.onReconcile);
    // After the handlers above: the service serves metrics when an agent hears where.
    new COSAgent<GithubRunnerTypes>(this, {
      endpoint: "cos-agent",
      charmName: "github-runner",
      scrapeJobs: () => this.#work.scrapeJobs(),
      metricsRules: "observability/prometheus_alert_rules",
      logRules: [],
      dashboards: "observability/grafana_dashboards",
    });
    framework.observe(this.on.updateStatus, this.onUpdateStatus);
    framework.observe(this.on.stop, this.onStop);
    framework.observe(this.on.remove, this.onRemove);
    const actions = new RunnerActions({
      work: this.#work,
      system,
      show: (status) => this.#tell(status, null),
    });
    framework.observe(this.on.action("reconcile-runners"), actions.reconcileRunners);
    framework.observe(this.on.action("check-runners"), actions.checkRunners);
    framework.observe(this.on.action("flush-runners"), actions.flushRunners);
    framework.observe(this.on.action("update-dependencies"), actions.updateDependencies);
    framework.observe(this.on.action("build-image"), actions.buildImage);
    framework.observe(this.on.action("collect-logs"), actions.collectLogs);
    framework.observe(this.on.action("explain-runner"), actions.explainRunner);
    framework.observe(this.on.action("explain-queue"), actions.explainQueue);
    framework.observe(this.on.action("post-mortem"), actions.postMortem);
  }

  async onInstall({ signal }: CharmEvent): Promise<void> {
    await this.#attend(signal, async (workload) => {
      const notices = await workload.prepare(signal);
      return { name: "maintenance", message: withNotices("Ready to start runners", notices) };
    });
  }

  /** Runs after a boot and at the install: logs once why timers cannot run on this machine. */
  async onStart(event: CharmEvent): Promise<void> {
    await this.onReconcile(event);
    const lacks = this.#timers && lackOf(this.#timers);
    if (lacks) this.log.warning("Nothing dispatches events on a schedule", { reason: lacks });
    const other = await this.#work.otherUnit();
    if (other !== undefined) this.log.warning("Remains of another unit", { reason: other });
  }

  /** The runner service of the earlier version is replaced; runners go on. */
  async onUpgrade(event: CharmEvent): Promise<void> {
    this.#isUpgrade = true;
    await this.onStart(event);
  }

  async onReconcile({ signal }: CharmEvent): Promise<void> {
    await this.#attend(signal, async (workload, { count }) => {
      if (await workload.makeWayForReboot(signal)) {
        await this.unit.reboot();
        return { name: "maintenance", message: "Restarting the machine, as an update requires" };
      }
      const report = await workload.reconcile(signal);
      return this.#summary(report, count);
    });
  }

  /** The runner service does what it can; this is for all else, and for the time when there is none. */
  async onTimer(event: CharmEvent): Promise<void> {
    const { signal } = event;
    const service = await this.#work.roundOfService(signal);
    const told = service && summariseService(service);
    if (told === undefined) {
      await this.onReconcile(event);
      return;
    }
    await this.#show(async () => {
      if (await this.#work.areTimersDue()) await this.#keepTimers(signal);
      return shown(told);
    });
  }

  /** While this unit is being removed, new runners would live until its `stop` event only. */
  async onDebugSshDeparted(
    event: CharmEvent & { readonly departingUnit: string | undefined },
  ): Promise<void> {
    if (event.departingUnit !== this.unit.name) await this.onReconcile(event);
  }

  async onRefreshImage({ signal }: CharmEvent): Promise<void> {
    await this.#attend(signal, async (workload, { count }) => {
      const report = await workload.refresh(signal);
      return this.#summary(report, count);
    });
  }

  /** Makes no call to GitHub: ensures timers, LXD and firewall, and validates the configuration. */
  async onUpdateStatus({ signal }: CharmEvent): Promise<void> {
    await this.#show(async () => {
      const service = await this.#work.healthyService(signal);
      const told = service && summariseService(service);
      // The service cannot tell whether the condition that a hook has met is over.
      if (told) {
        if (await this.#work.areTimersDue()) await this.#keepTimers(signal);
        return { status: told, condition: await this.framework.state.read(conditionSlot) };
      }
      this.#timers = await this.#work.ensureTimers(signal);
      await this.#work.ensureService(false, signal);
      const rules = await this.#work.firewallRules();
      await this.#work.withUnit(async ({ firewall, infrastructure }) => {
        await infrastructure.check(signal);
        await firewall.ensure(rules, signal);
      });
      const condition = await this.framework.state.read(conditionSlot);
      // The next reconcile repeats the work that an earlier event could not do.
      return shown(
        condition === "update-status"
          ? { name: "maintenance", message: "Waiting for the next reconcile" }
          : undefined,
      );
    });
  }

  async onStop({ signal }: CharmEvent): Promise<void> {
    await this.unit.setStatus({ name: "maintenance", message: "Ending all runners" });
    await this.#tearDown((teardown) => teardown.endAll(signal));
  }

  async onRemove({ signal }: CharmEvent): Promise<void> {
    await this.unit.setStatus({ name: "maintenance", message: "Removing the unit's resources" });
    await this.#tearDown((teardown) => teardown.remove(signal));
  }

  async #tearDown(work: (teardown: Teardown) => Promise<void>): Promise<void> {
    try {
      await this.#work.tearDown(work);
    } finally {
      // A status that is still being set would fail the hook at its end.
      await this.#reporter.settle();
    }
  }

  #attend(
    signal: AbortSignal,
    work: (workload: Workload, configuration: Configuration) => Promise<Status | undefined>,
  ): Promise<void> {
    return this.#show(async () => {
      await this.#keepTimers(signal);
      return shown(await this.#work.withWorkload(work));
    });
  }

  async #summary(report: WorkloadReport, wanted: number): Promise<Status> {
    const notices = [...report.notices, ...this.#work.notices];
    return summarise(report.counts, wanted, { ...report, notices, next: await this.#next() });
  }

  /** Before the work, so that failed work is retried. A timer error must not keep runners from being created. */
  async #keepTimers(signal: AbortSignal): Promise<void> {
    try {
      this.#timers = await this.#work.ensureTimers(signal);
      await this.#work.ensureService(this.#isUpgrade, signal);
    } catch (thrown) {
      if (!isCondition(thrown) || thrown.code !== "systemd") throw thrown;
      this.log.warning("Timers do not run", { reason: thrown.message });
    }
  }

  /** When the unit tries again; undefined while the timers are unknown, as with invalid options. */
  async #next(): Promise<string | undefined> {
    if (this.#timers === undefined) return undefined;
    const { reconcileMinutes } = await this.#work.configuration();
    return nextAttempt(this.#timers, reconcileMinutes, this.#clock.now());
  }

  /** Does a hook's work and sets the resulting status. A condition becomes a status and does not fail the hook. */
  async #show(work: () => Promise<Shown>): Promise<void> {
    const { status, condition } = await work().catch(async (thrown: unknown) => {
      const status = statusOf(thrown, await this.#next());
      if (!status || !isCondition(thrown)) throw thrown;
      this.log.warning("Cannot go on", { reason: status.message });
      return { status, condition: checkOf(thrown) };
    });
    await this.#reporter.settle();
    if (status) await this.#tell(status, condition);
  }

  /** @param condition the check that notices the end of the reported condition. */
  async #tell(status: Status, condition: ConditionError["checkedBy"] | null): Promise<void> {
    await this.framework.state.write(conditionSlot, condition);
    await this.unit.setStatus(status);
  }
}

/** The status of a hook's work, if it sets one, and the check that notices the end of a condition. */
interface Shown {
  readonly status: Status | undefined;
  readonly condition: ConditionError["checkedBy"] | null;
}

function shown(status: Status | undefined): Shown {
  return { status, condition: null };
}
