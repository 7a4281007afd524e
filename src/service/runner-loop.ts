import { isDeepStrictEqual } from "node:util";
import { type Clock, findCause, type Logger, messageOf, withResolvers } from "charm-kit";
import type { ObservedRunners } from "../runners/plan-execution.ts";
import { ServiceSettingsError, type ServiceSettings } from "../unit/service-settings.ts";
import {
  backOffAfter,
  type BackOff,
  mayWork,
  mostCreations,
  nextAttemptAt,
  type Outcome,
} from "./back-off.ts";
import { failureOf, failuresOf } from "./failure.ts";
import { RoundReplanReasons } from "./round-replan-reasons.ts";
import { OutdatedSettingsError } from "./unit-rounds.ts";
import type { OpenWork, Round, RoundOptions, ServiceWork, SettingsSource, StatusRefresh } from "./ports.ts";
import type { Activity, RunnerActivity, ServiceStatus } from "../unit/service-status.ts";
import { tellError } from "../unit/told-error.ts";
import { activitiesOf, describeAttempts, standbyNotices, summaryOf } from "./shown-status.ts";
import { showBusy, StartedJobs } from "./started-jobs.ts";
import { Verification } from "./verification.ts";
import type { Wake, Wakes } from "./wakes.ts";

export interface RunnerLoopDependencies {
  readonly settings: SettingsSource;
  readonly open: OpenWork;
  readonly wakes: Wakes;
  readonly refresh: StatusRefresh;
  readonly clock: Clock;
  readonly log: Logger;
  /** From 0 to 1, another one at each call. */
  readonly random: () => number;
  /** Told of each change of the status. */
  readonly onStatus: (status: ServiceStatus) => void;
  /** Identifies the running program. */
  readonly program: string;
}

/** Wakes that do not wait for the end of a back-off, as newer settings do: what has failed may have been mended. */
const IMPATIENT: readonly Wake[] = ["start", "request", "runners", "disconnected", "reconnected", "cluster"];
/** Without settings: a hook writes them, which wakes the loop. */
const IDLE_MS = 60 * 60_000;

/** The service's loop: waits for reasons to look, and lets the unit's runners match its settings. */
export class RunnerLoop {
  readonly #dependencies: RunnerLoopDependencies;
  #settings: ServiceSettings | undefined;
  #work: ServiceWork | undefined;
  #backOff: BackOff = new Map();
  /** Apart: what keeps standby instances from being made keeps no runner waiting. */
  #standbyBackOff: BackOff = new Map();
  /** Of the last round. */
  #notices: readonly string[] = [];
  /** Whether the last turn waited for the end of no back-off. */
  #isImpatient = false;
  #status: ServiceStatus;
  readonly #verification = new Verification();
  readonly #startedJobs = new StartedJobs();
  /** Whether runners may be created that the last round had no leave for. */
  #isOverdue = false;
  /** Whether no round has worked with the settings yet. */
  #isNew = false;
  /** Whether the file of the settings could not be used when it was read last: a hook that replaces it does not know their revision. */
  #isFileLost = false;
  /** Those who wait for the end of a round that begins after they have asked. */
  #asking: (() => void)[] = [];

  constructor(dependencies: RunnerLoopDependencies) {
    this.#dependencies = dependencies;
    this.#status = {
      unit: undefined,
      revision: undefined,
      program: dependencies.program,
      startedAt: dependencies.clock.now(),
      activity: { state: "without settings", reason: "they are not read yet" },
      checkedAt: undefined,
      counts: undefined,
      runners: [],
      wanted: undefined,
      intervalMs: undefined,
      capacity: undefined,
      image: undefined,
      waiting: 0,
      demand: undefined,
      notices: [],
      fault: undefined,
      failures: [],
      nextAttemptAt: undefined,
      settingsFault: undefined,
    };
  }

  get status(): ServiceStatus {
    return this.#status;
  }

  /**
   * Asks for a round.
   *
   * @param reason `request` for a whole one, `runners` for one that looks at the runners alone.
   * @returns the status once a round that began after the call has ended, or was not possible.
   */
  async request(reason: "request" | "runners" = "request"): Promise<ServiceStatus> {
    const { promise, resolve } = withResolvers<undefined>();
    this.#asking.push(() => {
      resolve(undefined);
    });
    this.#dependencies.wakes.wake(reason);
    await promise;
    return this.#status;
  }

  /** Shows a runner as busy whose guest says that a job has begun. GitHub's list alone decides what becomes of it. */
  jobStarted(runner: string): void {
    const [before, settings] = [this.#status, this.#settings];
    const { counts, runners } = before;
    if (counts === undefined || settings === undefined) return;
    const now = this.#dependencies.clock.now();
    this.#startedJobs.note(runner, now);
    const shown = showBusy({ counts, runners }, new Set([runner]));
    if (shown.counts === counts) return;
    const since = (each: RunnerActivity) => (each.name === runner ? { ...each, since: now } : each);
    this.#show({ counts: shown.counts, runners: shown.runners.map(since) });
    if (settings.paused === undefined) this.#askForHook(before, settings);
  }

  /**
   * Works until the signal is aborted. A failed round is told and tried again, whatever it is.
   *
   * @throws the signal's reason.
   */
  async run(signal: AbortSignal): Promise<never> {
    const { wakes } = this.#dependencies;
    wakes.wake("start");
    try {
      for (;;) {
        const due = await wakes.next(this.#restMs(), signal);
        const asking = this.#asking.splice(0);
        const hasWorked = await this.#turn(due, signal);
        for (const answer of asking) answer();
        if (hasWorked) await this.#makeUpStandby(signal);
      }
    } finally {
      await this.#work?.close();
    }
  }

  /** @returns whether there was a round. */
  async #turn(due: ReadonlySet<Wake>, signal: AbortSignal): Promise<boolean> {
    await this.#readSettings();
    const settings = this.#settings;
    if (settings === undefined) return false;
    const isNew = this.#isNew;
    this.#isNew = false;
    const { clock } = this.#dependencies;
    const now = clock.now();
    const isWhole = isNew || this.#verification.isDue(due, { now, intervalMs: intervalOf(settings) });
    // Whatever becomes of this turn.
    if (isWhole) this.#verification.doubt();
    const isImpatient = isNew || IMPATIENT.some((wake) => due.has(wake));
    this.#isImpatient = isImpatient;
    if (!isImpatient && !mayWork(this.#backOff, now)) return false;
    if (settings.paused !== undefined) {
      const options = { isWhole: false, mostCreations: 0, isPaused: true };
      await this.#round(settings, { options, why: [...due] }, signal);
      return false;
    }
    const most = isImpatient ? undefined : mostCreations(this.#backOff, now);
    await this.#round(settings, { options: { isWhole, mostCreations: most }, why: [...due] }, signal);
    return true;
  }

  /** Until there is nothing left to make, or something more important to do. What fails is tried again after a pause. */
  async #makeUpStandby(signal: AbortSignal): Promise<void> {
    const { clock, log, random, wakes } = this.#dependencies;
    const { interruption } = wakes;
    const [work, settings, before] = [this.#work, this.#settings, this.#status];
    if (work === undefined || settings === undefined || !this.#mayMakeStandby) return;
    try {
      for (let isDone = false; !isDone && !interruption.aborted;) {
        const step = await work.makeUpStandby(interruption, signal);
        ({ isDone } = step);
        const { counts } = this.#status;
        if (counts) this.#show({ counts: { ...counts, standby: step.standby } });
      }
      this.#standbyBackOff = new Map();
    } catch (thrown) {
      signal.throwIfAborted();
      // A hook that has written other settings in the meantime wakes the loop.
      if (findCause(thrown, OutdatedSettingsError)) return;
      log.warning("Cannot create standby instances", { reason: messageOf(thrown) });
      this.#verification.doubt();
      const outcome = { failures: [failureOf(thrown, "creation")], created: 0, mightCreate: true };
      this.#standbyBackOff = backOffAfter(this.#standbyBackOff, outcome, {
        now: clock.now(),
        jitter: random(),
      });
    }
    const activity = { state: "waiting", until: clock.now() + this.#restMs() } as const;
    this.#show({ activity, notices: this.#toldNotices });
    this.#askForHook(before, settings);
  }

  get #toldNotices(): readonly string[] {
    return [...this.#notices, ...standbyNotices(this.#standbyBackOff)];
  }

  get #mayMakeStandby(): boolean {
    const now = this.#dependencies.clock.now();
    return (
      mayWork(this.#backOff, now) && (this.#isImpatient || mostCreations(this.#standbyBackOff, now) !== 0)
    );
  }

  async #readSettings(): Promise<void> {
    const { log, settings: source } = this.#dependencies;
    try {
      const read = await source.read();
      this.#show({ settingsFault: undefined });
      const { revision: before = -Infinity } = this.#settings ?? {};
      const isOther = this.#isFileLost ? read.revision !== before : read.revision > before;
      this.#isFileLost = false;
      if (!isOther) return;
      await this.#withdraw();
      this.#settings = read;
      this.#isNew = true;
      const { unit, revision, setup } = read;
      const { count } = setup.configuration;
      this.#show({ unit: unit.unitName, revision, wanted: count, intervalMs: intervalOf(read) });
      log.info("Settings applied", { revision, paused: read.paused });
    } catch (thrown) {
      const reason = messageOf(thrown);
      this.#isFileLost ||= thrown instanceof ServiceSettingsError;
      // The unit is being removed, or its files are lost: hooks decide what comes next.
      if (thrown instanceof ServiceSettingsError && thrown.fault === "missing") await this.#withdraw();
      if (this.#status.settingsFault !== reason) log.warning("Cannot apply settings", { reason });
      this.#show({
        settingsFault: reason,
        ...(this.#settings === undefined && { activity: { state: "without settings" as const, reason } }),
      });
    }
  }

  async #withdraw(): Promise<void> {
    await this.#work?.close();
    this.#work = undefined;
    this.#settings = undefined;
  }

  async #round(
    settings: ServiceSettings,
    { options, why }: { readonly options: RoundOptions; readonly why: readonly Wake[] },
    signal: AbortSignal,
  ): Promise<void> {
    const { clock, open, wakes } = this.#dependencies;
    const before = this.#status;
    const { paused } = settings;
    const since = clock.now();
    // A hook must not take a service for well that is paused.
    this.#show({
      activity:
        paused === undefined ? { state: "working", since, why } : { state: "paused", reason: paused, since },
    });
    try {
      this.#work ??= open(settings, (step) => {
        const { activity } = this.#status;
        if (activity.state === "working") this.#show({ activity: { ...activity, step } });
      });
      const round = await this.#replanning(this.#work, options, signal);
      if (options.isWhole) this.#verification.done(since);
      this.#tell(round, options);
    } catch (thrown) {
      signal.throwIfAborted();
      await this.#tellFault(thrown);
    }
    if (this.#settings !== undefined) {
      this.#show({
        activity:
          paused === undefined
            ? { state: "waiting", until: clock.now() + this.#restMs() }
            : { state: "paused", reason: paused },
      });
    }
    // While it is paused, the unit's status shows why.
    if (paused === undefined) this.#askForHook(before, settings);
    // What was put off, or follows a trial, need not wait for anything.
    if (this.#isOverdue) wakes.wake("retry");
  }

  /** A round tells what it has done at its end. What it finds until then is shown at once. */
  async #replanning(work: ServiceWork, options: RoundOptions, signal: AbortSignal): Promise<Round> {
    const observed = (runners: ObservedRunners): void => {
      this.#show(this.#shown(runners));
    };
    const replanReasons = new RoundReplanReasons({ ...this.#dependencies, observed });
    try {
      return await work.round({ ...options, replanReasons }, signal);
    } finally {
      replanReasons.close();
    }
  }

  #shown(observed: ObservedRunners): Pick<ServiceStatus, "counts" | "runners"> {
    const now = this.#dependencies.clock.now();
    const { counts, runners } = this.#startedJobs.addTo(observed, now);
    return { counts, runners: activitiesOf(runners, this.#status.runners, now) };
  }

  #tell(round: Round, { mostCreations: most, isPaused = false }: RoundOptions): void {
    const { clock } = this.#dependencies;
    const { created, demand, evacuated, notices, replacing, waiting, capacity, image, room, standing } =
      round;
    const failures = failuresOf(round);
    this.#notices = notices;
    // What runners stand on may be why.
    if (failures.some(({ concern }) => concern === "creation")) this.#verification.doubt();
    this.#fail({ failures, created, mightCreate: most !== 0 });
    const isAllowed = !isPaused && mostCreations(this.#backOff, clock.now()) !== 0;
    this.#isOverdue = isAllowed && (most === 0 || (most !== undefined && created > 0));
    const shown = {
      ...this.#shown(round),
      demand,
      evacuated,
      notices: this.#toldNotices,
      replacing,
      waiting,
      capacity,
      image,
      room,
      standing,
    };
    this.#show({ ...shown, checkedAt: clock.now(), fault: undefined });
  }

  async #tellFault(thrown: unknown): Promise<void> {
    const { log, wakes } = this.#dependencies;
    this.#isOverdue = false;
    if (findCause(thrown, OutdatedSettingsError) ?? findCause(thrown, ServiceSettingsError)) {
      // The usual end: a hook has written newer ones in the meantime. Otherwise the next hook does.
      await this.#readSettings();
      if (this.#isNew) {
        wakes.wake("settings");
        return;
      }
    } else {
      this.#show({ fault: tellError(thrown) });
    }
    log.warning("A round failed", { reason: messageOf(thrown) });
    this.#fail({ failures: [failureOf(thrown, "round")], created: 0, mightCreate: false });
  }

  #fail(outcome: Outcome): void {
    const { clock, random } = this.#dependencies;
    const now = clock.now();
    this.#backOff = backOffAfter(this.#backOff, outcome, { now, jitter: random() });
    const failures = [...this.#backOff.values()].sort((left, right) => left.nextAt - right.nextAt);
    this.#show({
      failures: failures.map(describeAttempts),
      nextAttemptAt: nextAttemptAt(this.#backOff, now),
    });
  }

  /** A hook shows what has changed, and builds an image that is due. */
  #askForHook(before: ServiceStatus, settings: ServiceSettings): void {
    const { refresh } = this.#dependencies;
    const { image } = this.#status;
    if (image === "refused" && before.image !== "refused") refresh.ask(settings, "reconcile-runners");
    else if (summaryOf(this.#status) !== summaryOf(before)) refresh.ask(settings, "update-status");
  }

  /** Until the interval, or the next attempt that the last round has left. */
  #restMs(): number {
    const { clock, random } = this.#dependencies;
    if (this.#settings === undefined) return IDLE_MS;
    const now = clock.now();
    // It may have come while standby instances were made.
    const { nextAttemptAt: owedAt = Infinity } = this.#status;
    if (owedAt <= now && mayWork(this.#backOff, now)) return 0;
    const next = [this.#backOff, this.#standbyBackOff].map((each) => nextAttemptAt(each, now) ?? Infinity);
    // A check that is due while nothing may be done is made at the end of the pause.
    const from = mayWork(this.#backOff, now) ? this.#verification.countsFrom(now) : now;
    const checkAt = from + intervalOf(this.#settings) * (1 + random() / 4);
    return Math.max(0, Math.min(checkAt, ...next) - now);
  }

  #show(change: Partial<ServiceStatus> & { readonly activity?: Activity }): void {
    const status = { ...this.#status, ...change };
    if (isDeepStrictEqual(status, this.#status)) return;
    this.#status = status;
    this.#dependencies.onStatus(status);
  }
}

/** In milliseconds. */
function intervalOf({ setup }: ServiceSettings): number {
  return setup.configuration.reconcileMinutes * 60_000;
}
