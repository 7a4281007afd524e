import { CodedError, type Clock, ConditionError, findCause, type Logger, messageOf } from "charm-kit";
import { retryTimeOf } from "../unit/retry-time.ts";
import { ServiceSettingsError, type ServiceSettings } from "../unit/service-settings.ts";
import { backOffAfter, type BackOff, type Failure, mayCreate, nextAttemptAt } from "./back-off.ts";
import { OutdatedSettingsError } from "./unit-rounds.ts";
import type { OpenWork, Round, ServiceWork, SettingsSource, StatusRefresh } from "./ports.ts";
import type { Activity, ServiceStatus } from "../unit/service-status.ts";
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

/** Wakes after which what runners stand on is checked as well. */
const WHOLE: readonly Wake[] = ["start", "settings", "request", "interval", "reconnected"];
/** Wakes that do not wait for the end of a back-off: what has failed may have been mended. */
const IMPATIENT: readonly Wake[] = ["start", "settings", "request", "reconnected"];
/** Without settings: a hook writes them, which wakes the loop. */
const IDLE_MS = 60 * 60_000;

/** The service's loop: waits for reasons to look, and lets the unit's runners match its settings. */
export class RunnerLoop {
  readonly #dependencies: RunnerLoopDependencies;
  #settings: ServiceSettings | undefined;
  #work: ServiceWork | undefined;
  #backOff: BackOff = new Map();
  #status: ServiceStatus;

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
      wanted: undefined,
      waiting: 0,
      notices: [],
      failures: [],
      settingsFault: undefined,
    };
  }

  get status(): ServiceStatus {
    return this.#status;
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
        await this.#turn(due, signal);
      }
    } finally {
      await this.#work?.close();
    }
  }

  async #turn(due: ReadonlySet<Wake>, signal: AbortSignal): Promise<void> {
    const isNew = await this.#readSettings();
    const settings = this.#settings;
    if (settings === undefined) return;
    if (settings.paused !== undefined) {
      this.#show({ activity: { state: "paused", reason: settings.paused } });
      return;
    }
    const isImpatient = isNew || IMPATIENT.some((wake) => due.has(wake));
    if (!isImpatient && !mayCreate(this.#backOff, this.#dependencies.clock.now())) return;
    const isWhole = isNew || WHOLE.some((wake) => due.has(wake));
    await this.#round(settings, { isWhole, why: [...due] }, signal);
  }

  /** @returns whether other settings are in force now. */
  async #readSettings(): Promise<boolean> {
    const { log, settings: source } = this.#dependencies;
    try {
      const read = await source.read();
      this.#show({ settingsFault: undefined });
      if (this.#settings !== undefined && read.revision <= this.#settings.revision) return false;
      await this.#withdraw();
      this.#settings = read;
      const { unit, revision, setup } = read;
      this.#show({ unit: unit.unitName, revision, wanted: setup.configuration.count });
      log.info("Settings are in force", { revision, paused: read.paused });
      return true;
    } catch (thrown) {
      const reason = messageOf(thrown);
      // The unit is being removed, or its files are lost: hooks decide what comes next.
      if (thrown instanceof ServiceSettingsError && thrown.fault === "missing") await this.#withdraw();
      if (this.#status.settingsFault !== reason) log.warning("Settings are not applied", { reason });
      this.#show({
        settingsFault: reason,
        ...(this.#settings === undefined && { activity: { state: "without settings" as const, reason } }),
      });
      return false;
    }
  }

  async #withdraw(): Promise<void> {
    await this.#work?.close();
    this.#work = undefined;
    this.#settings = undefined;
  }

  async #round(
    settings: ServiceSettings,
    { isWhole, why }: { readonly isWhole: boolean; readonly why: readonly Wake[] },
    signal: AbortSignal,
  ): Promise<void> {
    const { clock, log, open, refresh, wakes } = this.#dependencies;
    const before = summaryOf(this.#status);
    this.#show({ activity: { state: "working", since: clock.now(), why } });
    try {
      this.#work ??= open(settings);
      this.#tell(await this.#work.round(isWhole, signal));
    } catch (thrown) {
      signal.throwIfAborted();
      if (findCause(thrown, OutdatedSettingsError) ?? findCause(thrown, ServiceSettingsError)) {
        wakes.wake("settings");
        return;
      }
      log.warning("A round failed", { reason: messageOf(thrown) });
      this.#fail([thrown], 0);
    }
    this.#show({ activity: { state: "waiting", until: clock.now() + this.#restMs() } });
    if (summaryOf(this.#status) !== before) refresh.ask(settings);
  }

  #tell({ counts, created, failures, notices, waiting }: Round): void {
    this.#fail(failures, created);
    this.#show({ counts, notices, waiting, checkedAt: this.#dependencies.clock.now() });
  }

  #fail(thrown: readonly unknown[], created: number): void {
    const { clock, random } = this.#dependencies;
    const failures = thrown.map(failureOf);
    this.#backOff = backOffAfter(
      this.#backOff,
      { failures, created },
      { now: clock.now(), jitter: random() },
    );
    this.#show({ failures: [...this.#backOff].map(([cause, attempts]) => ({ cause, ...attempts })) });
  }

  /** Until the interval, or the end of a back-off. */
  #restMs(): number {
    const { clock, random } = this.#dependencies;
    if (this.#settings === undefined) return IDLE_MS;
    const interval = this.#settings.setup.configuration.reconcileMinutes * 60_000 * (1 + random() / 4);
    const next = nextAttemptAt(this.#backOff);
    return next === undefined ? interval : Math.max(0, Math.min(interval, next - clock.now()));
  }

  #show(change: Partial<ServiceStatus> & { readonly activity?: Activity }): void {
    this.#status = { ...this.#status, ...change };
    this.#dependencies.onStatus(this.#status);
  }
}

/** The innermost error with a code names the cause: it is the most specific one. */
function failureOf(thrown: unknown): Failure {
  let failure: Failure = { cause: "unknown", reason: messageOf(thrown), remedy: "retry" };
  for (let link = thrown; link instanceof Error; link = link.cause) {
    if (!(link instanceof CodedError)) continue;
    failure = {
      cause: link.code,
      reason: link.message,
      remedy: link instanceof ConditionError ? link.remedy : "retry",
      notBefore: retryTimeOf(link),
    };
  }
  return failure;
}

/** What the unit's status shows: a change of it is worth a refresh. */
function summaryOf({ counts, wanted, failures, notices }: ServiceStatus): string {
  const reasons = failures.map(({ cause }) => cause);
  return JSON.stringify([counts?.online, counts?.busy, counts?.names.length, wanted, reasons, notices]);
}
