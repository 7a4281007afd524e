import {
  isRecent,
  messageOf,
  orAborted,
  unhindered,
  withResolvers,
  type Clock,
  type Logger,
} from "charm-kit";
import type { HeardDemand } from "../unit/demand.ts";
import type { Telemetry } from "../unit/telemetry.ts";
import { retryTimeOf } from "../unit/retry-time.ts";
import type { JobDemand } from "../unit/service-status.ts";
import {
  afterAllAssigned,
  afterAttempt,
  afterBatch,
  afterFigures,
  afterSilence,
  firstHearing,
  inScaleSet,
  isContradictory,
  isPhantom,
  sessionBegin,
  type Hearing,
} from "./hear-demand.ts";
import { pauseAfter, quickPolls } from "./quick-polls.ts";
import type { JobRoom } from "./job-room.ts";
import type { DemandSession, DemandSource } from "./ports.ts";
import type { SecondWitness } from "./second-witness.ts";

export interface DemandListenerDependencies {
  readonly source: DemandSource;
  /** Identifies the scale set. */
  readonly key: string;
  /** Most runners that the unit may have now. */
  readonly capacity: () => number;
  /** How many jobs it can serve now; GitHub assigns no more. @default as many as it may have runners */
  readonly room?: Pick<JobRoom, "changed" | "now"> | undefined;
  /** Doubts what GitHub's messages and figures tell. @default nobody does */
  readonly secondWitness?: Pick<SecondWitness, "ask" | "heard" | "isDue"> | undefined;
  readonly record: {
    read(): Promise<HeardDemand | null>;
    write(heard: HeardDemand): Promise<void>;
  };
  /** Another number of runners is wanted. */
  readonly onChange: () => void;
  /** Told of each change, for metrics. @default nobody is told */
  readonly telemetry?: Pick<Telemetry, "onDemand" | "onDemandMessage"> | undefined;
  readonly clock: Clock;
  readonly log: Logger;
  /** From 0 to 1, another one at each call. */
  readonly random: () => number;
}

const FIRST_PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 60_000;
/** What GitHub asks for at most, in milliseconds: a longer time comes from a wrong clock. */
const LONGEST_ASKED_MS = 60 * 60_000;
const CLOSE_MS = 10_000;
/** How often GitHub's figures are read beside the messages. */
const WITNESS_MS = 5 * 60_000;

/**
 * Listens to the messages of the unit's scale set, for as long as the service runs: a lost session is opened again, and one
 * of a killed process is waited out. What was heard is kept on disk first; a batch is acknowledged once a round has acted on it.
 */
export class DemandListener {
  readonly #dependencies: DemandListenerDependencies;
  #hearing: Hearing | undefined;
  #session: DemandSession | undefined;
  /** The message after which this session asks for the next one. */
  #askedAfter = 0;
  /** Batches that no round has acted on yet. */
  #pending: number[] = [];
  /** Whether the figures of a batch do not agree with its messages, and were not read since. */
  #isDoubted = false;
  #fault: string | undefined;
  readonly #ready = withResolvers<undefined>();

  constructor(dependencies: DemandListenerDependencies) {
    this.#dependencies = dependencies;
  }

  /** Why nothing is heard from GitHub now; undefined in normal operation. */
  get fault(): string | undefined {
    return this.#fault;
  }

  /** Number of jobs that the unit can serve now. */
  get #most(): number {
    const { capacity, room } = this.#dependencies;
    return Math.min(capacity(), room?.now ?? Infinity);
  }

  /** The jobs that GitHub counts; undefined before the first word. */
  get heard(): JobDemand | undefined {
    if (this.#hearing === undefined) return undefined;
    const { assigned, running, waitingSince } = this.#hearing.heard;
    return { assigned, running, waitingSince };
  }

  /**
   * Listens until the signal is aborted. What fails is told and tried again, whatever it is.
   *
   * @throws the signal's reason.
   */
  async run(signal: AbortSignal): Promise<never> {
    const { clock, key, record, telemetry } = this.#dependencies;
    this.#hearing = firstHearing(await record.read(), key, clock.now(), this.#most);
    this.#report();
    try {
      return await this.#listenForEver(signal);
    } finally {
      telemetry?.onDemand(undefined);
    }
  }

  async #listenForEver(signal: AbortSignal): Promise<never> {
    const { clock, log, random } = this.#dependencies;
    let pause = FIRST_PAUSE_MS;
    for (;;) {
      try {
        await this.#listen(signal, () => (pause = FIRST_PAUSE_MS));
      } catch (thrown) {
        signal.throwIfAborted();
        const reason = messageOf(thrown);
        if (this.#fault !== reason) log.warning("Cannot hear of GitHub's jobs", { reason });
        this.#fault = reason;
        // The fault may be that nothing can be kept.
        await this.#tell((hearing) => hearing).catch(() => undefined);
        const askedMs = Math.min(LONGEST_ASKED_MS, (retryTimeOf(thrown) ?? 0) - clock.now());
        // Without a session, for example beside that of a killed process, GitHub still tells how many jobs there are.
        if (askedMs <= 0) await this.#witness(signal).catch(() => undefined);
        signal.throwIfAborted();
        this.#ready.resolve(undefined);
        await clock.wait(Math.max(askedMs, pause * (0.75 + random() / 2)), signal);
        pause = Math.min(LONGEST_PAUSE_MS, pause * 2);
      }
    }
  }

  /**
   * Acknowledges what was heard before a round: it has been acted on.
   *
   * @param batches as {@link pending} told them before the round.
   */
  async acted(batches: readonly number[], signal: AbortSignal): Promise<void> {
    const { log } = this.#dependencies;
    const session = this.#session;
    if (session === undefined) return;
    for (const id of batches) {
      try {
        await session.acknowledge(id, signal);
        this.#pending = this.#pending.filter((each) => each !== id);
      } catch (thrown) {
        signal.throwIfAborted();
        // The next round tries again. One that comes again does no harm.
        log.debug("Cannot acknowledge a message", { reason: messageOf(thrown) });
        return;
      }
    }
  }

  /** Resolves when GitHub was asked for the first time, with or without success: until then an earlier demand is no reason to act. */
  async asked(signal: AbortSignal): Promise<void> {
    await orAborted(this.#ready.promise, signal);
  }

  /** Batches that wait for a round. */
  get pending(): readonly number[] {
    return [...this.#pending];
  }

  async #listen(signal: AbortSignal, onHeard: () => void): Promise<void> {
    const { clock, source } = this.#dependencies;
    const scaleSetId = await source.ensure(signal);
    const session = await source.open(signal);
    this.#session = session;
    this.#pending = [];
    this.#hearing &&= inScaleSet(this.#hearing, scaleSetId);
    this.#askedAfter = this.#hearing ? sessionBegin(this.#hearing.heard) : 0;
    this.#report();
    try {
      // A message that comes again may be older than what the session tells: the figures decide, after the first silence.
      let readAt = -Infinity;
      let quick = 0;
      if (session.figures)
        await this.#tell((hearing, now) => afterFigures(hearing, session.figures ?? NOBODY, now));
      for (;;) {
        const polledAt = clock.now();
        const isSilent = await this.#hear(session, signal);
        quick = quickPolls(quick, { isSilent, tookMs: clock.now() - polledAt });
        this.#fault = undefined;
        this.#report();
        onHeard();
        const hearing = this.#hearing;
        if (hearing === undefined) return;
        const isWitnessed = isRecent(readAt, { now: clock.now(), withinMs: WITNESS_MS });
        const isDue = !isWitnessed || this.#isDoubted || hearing.heard.assigned > hearing.heard.running;
        if (!isSilent) continue;
        if (isDue) {
          readAt = clock.now();
          this.#isDoubted = false;
          if (!(await this.#witness(signal))) return;
          this.#remind();
        }
        if (!(await this.#doubt(signal))) return;
        await this.#restAfter(quick, signal);
      }
    } finally {
      this.#session = undefined;
      await unhindered("end the session of the scale set", CLOSE_MS, (limited) =>
        session.close(limited),
      ).catch(() => undefined);
    }
  }

  /** @param quick number of polls in a row that have not waited for a message. */
  async #restAfter(quick: number, signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#dependencies;
    const pauseMs = pauseAfter(quick);
    if (pauseMs === undefined) return;
    if (pauseAfter(quick - 1) === undefined)
      log.warning("Polls for GitHub's messages end at once, so they are made more seldom: look at the proxy");
    await clock.wait(pauseMs, signal);
  }

  /** @returns whether no message came. */
  async #hear(session: DemandSession, signal: AbortSignal): Promise<boolean> {
    const { clock, log, secondWitness, telemetry } = this.#dependencies;
    const lastMessageId = this.#hearing?.heard.lastMessageId ?? 0;
    const batch = await this.#poll(session, signal);
    if (batch === "cut off") return false;
    if (batch === undefined) {
      await this.#tell(afterSilence);
      return true;
    }
    log.debug("GitHub tells of jobs", { message: batch.id, assigned: batch.figures?.assigned });
    const refusal = batch.offered.length > 0 ? await session.acquire(batch.offered, signal) : undefined;
    // What is not acknowledged comes again once its jobs are missing.
    if (refusal !== undefined) log.warning("GitHub refuses jobs that it has offered", { reason: refusal });
    else if (!this.#pending.includes(batch.id)) this.#pending.push(batch.id);
    this.#askedAfter = Math.max(this.#askedAfter, batch.id);
    // One that comes again was counted before.
    if (batch.id > lastMessageId) telemetry?.onDemandMessage({ waits: batch.waits });
    secondWitness?.heard();
    if (this.#hearing && isContradictory(this.#hearing, batch, clock.now())) this.#isDoubted = true;
    await this.#tell((hearing, now) => afterBatch(hearing, batch, now));
    return false;
  }

  /** Cut off when another number of jobs is to be announced: GitHub keeps the messages until they are acknowledged. */
  async #poll(session: DemandSession, signal: AbortSignal) {
    const { room } = this.#dependencies;
    const options = { lastMessageId: this.#askedAfter, capacity: this.#most };
    if (room === undefined) return session.poll(options, signal);
    const { changed } = room;
    const limited = AbortSignal.any([signal, changed]);
    try {
      return await session.poll(options, limited);
    } catch (thrown) {
      signal.throwIfAborted();
      if (changed.aborted) return "cut off";
      throw thrown;
    }
  }

  /** While jobs wait: a runner that gave its job back may need a second look before another one takes its place. */
  #remind(): void {
    const { assigned = 0, running = 0 } = this.#hearing?.heard ?? {};
    if (assigned > running) this.#dependencies.onChange();
  }

  /** Reads GitHub's figures, whatever its messages say. @returns whether the session can go on. */
  async #witness(signal: AbortSignal): Promise<boolean> {
    const { clock, log, secondWitness, source } = this.#dependencies;
    const figures = await source.figures(signal);
    if (figures === undefined) {
      log.warning("The scale set is gone; it is created again");
      return false;
    }
    await this.#tell((hearing, now) => afterFigures(hearing, figures, now));
    if (this.#hearing === undefined || !isPhantom(this.#hearing, clock.now())) return true;
    log.warning("GitHub assigns jobs that no idle runner gets; opening the session again", { ...figures });
    const shown = (await secondWitness?.ask(this.#hearing.heard, signal))?.shown;
    const jobs = Math.max(0, figures.assigned - figures.running);
    await this.#tell((hearing, now) => afterAttempt(hearing, { kind: "unclaimed", jobs, shown }, now));
    return false;
  }

  /** Asks whether jobs are queued of which no message comes. @returns whether the session can go on */
  async #doubt(signal: AbortSignal): Promise<boolean> {
    const { log, secondWitness } = this.#dependencies;
    const heard = this.#hearing?.heard;
    if (heard === undefined || secondWitness?.isDue(heard) !== true) return true;
    const testimony = await secondWitness.ask(heard, signal);
    if (testimony === undefined) return true;
    if (testimony.missing === 0) {
      await this.#tell(afterAllAssigned);
      return true;
    }
    log.warning("Jobs are queued that GitHub does not assign; opening the session again", { ...testimony });
    const found = { kind: "missing", jobs: testimony.missing, shown: testimony.shown } as const;
    await this.#tell((hearing, now) => afterAttempt(hearing, found, now));
    return false;
  }

  /** Keeps what is known now, and wakes the loop when another number of runners is wanted. */
  async #tell(next: (hearing: Hearing, now: number) => Hearing): Promise<void> {
    const { clock, onChange, record } = this.#dependencies;
    const before = this.#hearing;
    if (before === undefined) return;
    const hearing = next({ ...before, capacity: this.#most }, clock.now());
    const { heard } = hearing;
    await record.write({ ...heard, fault: this.#fault });
    // What could not be kept is news once more when it is heard again.
    this.#hearing = hearing;
    this.#report();
    this.#ready.resolve(undefined);
    const isNews =
      heard.assigned !== before.heard.assigned || heard.lastMessageId !== before.heard.lastMessageId;
    if (isNews) onChange();
  }

  #report(): void {
    if (this.#hearing === undefined) return;
    const { assigned, running, waitingSince, heardAt } = this.#hearing.heard;
    const state = this.#session === undefined ? "opening" : "open";
    const session = this.#fault === undefined ? state : "failing";
    this.#dependencies.telemetry?.onDemand({ session, assigned, running, waitingSince, heardAt });
  }
}

const NOBODY = { assigned: 0, running: 0, idle: 0 };
