import { Gate, messageOf, withDeadline, type Clock, type Logger } from "charm-kit";
import type {
  EarlyEnd,
  Ending,
  GuestReport,
  LifeEvent,
  Machine,
  RunnerHistory,
  RunnerLogs,
  RunnerMetrics,
} from "./ports.ts";
import type { ObservedRunner } from "./observed-runner.ts";

export interface PostMortemDependencies {
  readonly logs: Pick<RunnerLogs, "keep">;
  readonly metrics: Pick<RunnerMetrics, "recorded" | "report">;
  readonly history: RunnerHistory;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Longest time that a capsule delays the removal of a runner, in milliseconds. */
const KEEP_MS = 30_000;
/** Most capsules that are filled at a time: many runners may end at once, and each takes memory. */
const CONCURRENCY = 4;

/** How a stopped instance ended: as it should, or by a cause. */
export type Verdict = "normal" | { readonly cause: string; readonly isSilent: boolean };

/** Finds out why runners ended, records their lives and keeps capsules. Best effort: a failure here removes no runner. */
export class PostMortem {
  readonly #dependencies: PostMortemDependencies;
  readonly #gate = new Gate(CONCURRENCY);

  constructor(dependencies: PostMortemDependencies) {
    this.#dependencies = dependencies;
  }

  /** Milliseconds since the Unix epoch. */
  now(): number {
    return this.#dependencies.clock.now();
  }

  /** Records what happened to a runner just now. */
  async note(runner: string, event: LifeEvent): Promise<void> {
    const { clock, history, log } = this.#dependencies;
    try {
      await history.add([{ ...event, runner, at: clock.now() }]);
    } catch (thrown) {
      log.warning("The history of runners is incomplete", { runner, reason: messageOf(thrown) });
    }
  }

  /**
   * Looks at a runner whose instance has stopped, before it is deleted, and keeps a capsule unless it ended as it should.
   *
   * @returns the end of a runner that stopped without a word and without a job.
   */
  async examine(
    { machine, registration }: ObservedRunner,
    signal: AbortSignal,
  ): Promise<EarlyEnd | undefined> {
    const { clock } = this.#dependencies;
    const { name: runner } = machine;
    const report = await this.#report(runner);
    let verdict = verdictOn(machine, report);
    if (verdict !== "normal" && (await this.#isOwnWork(machine))) verdict = "normal";
    if (verdict === "normal") return undefined;
    const { cause, isSilent } = verdict;
    await this.note(runner, { event: "found", cause });
    if (cause === CUT_OFF) return undefined;
    await this.keep({ runner, cause, at: clock.now(), machine, registration, report }, signal);
    return isSilent ? silentEnd(runner, cause, clock.now() - machine.createdAt) : undefined;
  }

  /**
   * Finds runners whose instance is gone although the unit has not removed it. LXD deletes none by itself: whoever did it
   * meant to, so that it is no reason to create fewer.
   *
   * @param accounted names of runners that are there, and of those that this reconcile has dealt with.
   */
  async findDeleted(accounted: ReadonlySet<string>, signal: AbortSignal): Promise<void> {
    const { clock, history, log, metrics } = this.#dependencies;
    try {
      const missing = (await metrics.recorded()).filter((name) => !accounted.has(name));
      if (missing.length === 0) return;
      const lives = await history.read();
      for (const runner of missing) {
        const events = lives.filter((moment) => moment.runner === runner).map(({ event }) => event);
        const report = await this.#report(runner);
        // Only of a runner that was online, and that the unit has not removed, it is known that somebody else ended it.
        if (!events.includes("online") || events.includes("removing") || !report) continue;
        if (report.end || report.isLost) continue;
        await this.note(runner, { event: "found", cause: DELETED });
        await this.keep({ runner, cause: DELETED, at: clock.now(), report }, signal);
      }
    } catch (thrown) {
      signal.throwIfAborted();
      log.warning("Cannot find out which runners are missing", { reason: messageOf(thrown) });
    }
  }

  /** Keeps a capsule of a runner that is about to go. */
  async keep(ending: Ending, signal: AbortSignal): Promise<void> {
    const { log, logs } = this.#dependencies;
    const { runner, cause } = ending;
    try {
      const report = ending.report ?? (await this.#report(runner));
      const directory = await this.#gate.run(() =>
        withDeadline(`keep the logs of runner '${runner}'`, KEEP_MS, signal, (limited) =>
          logs.keep({ ...ending, report }, limited),
        ),
      );
      log.warning("Runner crashed, its logs are kept", { runner, cause, directory });
      await this.note(runner, { event: "kept", directory });
    } catch (thrown) {
      signal.throwIfAborted();
      log.warning("Runner crashed without logs", { runner, cause, reason: messageOf(thrown) });
    }
  }

  async #report(runner: string): Promise<GuestReport | undefined> {
    return this.#dependencies.metrics.report(runner).catch(() => undefined);
  }

  /** Whether a killed process of the unit has left the instance: it was removing it, or had not started it. */
  async #isOwnWork({ name, phase }: Machine): Promise<boolean> {
    const lives = await this.#dependencies.history.read().catch(() => []);
    const events = lives.filter(({ runner }) => runner === name).map(({ event }) => event);
    return events.includes("removing") || (phase === "creating" && !events.includes("started"));
  }
}

const CUT_OFF = "its instance ended with LXD or with the machine";
const DELETED = "its instance is gone, and this unit has not removed it";

/** How a stopped instance ended. Pure. */
export function verdictOn({ isCutOff, phase, state }: Machine, report: GuestReport | undefined): Verdict {
  if (report?.isLost) return { cause: CUT_OFF, isSilent: false };
  const job = report?.job ? ` of ${report.job.repository}` : "";
  const end = report?.end;
  if (end) {
    if (end.status !== "abnormal" && !report.isEarly) return "normal";
    const when = report.job ? `during or after a job${job}` : "without a job";
    const said = report.output === "" ? "" : `; its last output: ${report.output}`;
    return { cause: `its application ended with ${end.code ?? 0} ${when}${said}`, isSilent: false };
  }
  // The guest's own word comes first: LXD records a moment after the stop that the instance was not cut off.
  if (isCutOff) return { cause: CUT_OFF, isSilent: false };
  if (state === "error") return { cause: "LXD reports an error of its instance", isSilent: false };
  if (phase === "creating") {
    return { cause: "its instance stopped before the runner was ready", isSilent: false };
  }
  return report?.job
    ? { cause: `its instance stopped during a job${job}, without a word`, isSilent: false }
    : { cause: "its instance stopped without a word", isSilent: true };
}

function silentEnd(name: string, cause: string, livedMs: number): EarlyEnd {
  return { name, code: undefined, seconds: Math.max(0, Math.round(livedMs / 1000)), output: cause };
}
