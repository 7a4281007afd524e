import type { DemandBatch, DemandFigures, DemandSession, DemandSource } from "../../src/service/ports.ts";
import { options } from "./fake-process.ts";
import type { FakeSite } from "./fake-site.ts";

/**
 * How GitHub fails the next message or request, once. `lost`: a batch never comes. `repeated`: the last one comes again.
 * `reordered`: two come in the wrong order. `without-figures`: a batch tells no figures. `session-lost`: GitHub forgets the
 * session. `session-taken`: another one is there instead. `refused`: a request fails.
 */
export type ScaleSetFault =
  "lost" | "repeated" | "reordered" | "without-figures" | "session-lost" | "session-taken" | "refused";

/** GitHub ends a session that nobody has polled for so long. */
const SESSION_MS = 5 * 60_000;
/** Longest answer to a poll. */
const POLL_MS = 50_000;

interface Session {
  polls: number;
  lastContact: number;
}

/** A process of the unit that uses the scale set. What a killed one asks for does not happen, and it hears no answer. */
export interface ScaleSetCaller {
  readonly isKilled: boolean;
}

/** The unit's scale set in one scope of a {@link FakeSite}: its jobs, its session and its messages. */
export class FakeScaleSet {
  readonly #site: FakeSite;
  readonly scope: string;
  readonly faults: ScaleSetFault[] = [];
  /** Jobs that are not assigned, for lack of room. */
  queued = 0;
  /** Assigned jobs that no runner has. */
  waiting = 0;
  /** Jobs that GitHub counts, and that do not exist. */
  phantom = 0;
  /** Assigned jobs that GitHub does not count. */
  hidden = 0;
  #capacity = 0;
  #session: Session | undefined;
  #batches: DemandBatch[] = [];
  #last: DemandBatch | undefined;
  #late: DemandBatch | undefined;
  #lastId = 0;
  #told = "";
  readonly #polls = new Set<() => void>();

  constructor(site: FakeSite, scope: string) {
    this.#site = site;
    this.scope = scope;
  }

  /** What GitHub counts, right or wrong. */
  get figures(): DemandFigures {
    const own = this.#site.registeredAt(this.scope).filter(({ name }) => options.names.owns(name));
    const running = own.filter(({ busy }) => busy).length;
    return {
      assigned: Math.max(running, this.waiting + running + this.phantom - this.hidden),
      running,
      idle: own.filter(({ busy, online }) => online && !busy).length,
    };
  }

  /** Ends jobs that no runner has. */
  cancel(jobs: number): void {
    const unassigned = Math.min(jobs, this.queued);
    this.queued -= unassigned;
    this.waiting -= Math.min(jobs - unassigned, this.waiting);
  }

  /** The scale set is deleted: its jobs wait for another one. */
  unassign(): void {
    this.queued += this.waiting;
    this.waiting = 0;
  }

  /** A runner gets a job: one that waits, or one that is queued and assigned at this moment. */
  take(): void {
    this.waiting = Math.max(0, this.waiting - 1);
  }

  /** Ends all faults: what GitHub counts is right from now on. */
  recover(): void {
    this.faults.length = 0;
    this.phantom = 0;
    this.hidden = 0;
    this.#late = undefined;
  }

  /** Assigns jobs as far as there is room, and tells of what has changed. */
  notice(): void {
    while (this.queued > 0 && this.#isHeard() && this.waiting + this.figures.running < this.#capacity) {
      this.queued -= 1;
      this.waiting += 1;
    }
    const { figures } = this;
    const now = JSON.stringify(figures);
    if (now !== this.#told) {
      this.#told = now;
      this.#batches.push({ id: ++this.#lastId, figures, offered: [], queuedAt: [], waits: [] });
    }
    for (const answer of this.#polls) answer();
  }

  lose(fault: "session-lost" | "session-taken"): void {
    this.#session = fault === "session-lost" ? undefined : { polls: 0, lastContact: this.#site.now };
    for (const answer of this.#polls) answer();
  }

  /** As one process reaches it. */
  source(caller: ScaleSetCaller): DemandSource {
    const asked = <T>(act: () => T | Promise<T>): Promise<T> => {
      if (caller.isKilled) return new Promise<never>(() => undefined);
      return Promise.resolve().then(() => {
        this.#refuse();
        return act();
      });
    };
    return {
      ensure: () => asked(() => 1),
      figures: () => asked(() => this.figures),
      open: () => asked(() => this.#open(asked)),
    };
  }

  #open(asked: <T>(act: () => T | Promise<T>) => Promise<T>): DemandSession {
    if (this.#isHeard()) throw new Error("another session of this scale set is alive");
    const session = { polls: 0, lastContact: this.#site.now };
    this.#session = session;
    return {
      figures: this.figures,
      poll: (wishes, signal) => asked(() => this.#poll(session, wishes, signal)),
      acknowledge: (id) =>
        asked(() => {
          this.#batches = this.#batches.filter((batch) => batch.id !== id);
        }),
      acquire: () => asked(() => undefined),
      close: () =>
        asked(() => {
          if (this.#session !== session) return;
          this.#session = undefined;
          this.#capacity = 0;
        }),
    };
  }

  /** Whether there is a session that GitHub has not given up. */
  #isHeard(): boolean {
    const session = this.#session;
    return session !== undefined && (session.polls > 0 || this.#site.now - session.lastContact < SESSION_MS);
  }

  async #poll(
    session: Session,
    { lastMessageId, capacity }: { readonly lastMessageId: number; readonly capacity: number },
    signal: AbortSignal,
  ): Promise<DemandBatch | undefined> {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<DemandBatch | undefined>();
    let isOpen = true;
    const answer = (batch: DemandBatch | undefined) => {
      isOpen = false;
      this.#last = batch ?? this.#last;
      resolve(batch);
    };
    const offer = () => {
      if (!isOpen) return;
      if (this.#session === session) {
        const batch = this.#next(lastMessageId);
        if (batch) answer(batch);
      } else {
        isOpen = false;
        reject(new Error("GitHub knows no such session"));
      }
    };
    const abort = () => {
      isOpen = false;
      reject(signal.reason as Error);
    };
    signal.addEventListener("abort", abort, { once: true });
    this.#site.after(POLL_MS, () => {
      if (isOpen) answer(undefined);
    });
    session.polls += 1;
    this.#polls.add(offer);
    try {
      if (this.#session === session) this.#capacity = capacity;
      this.notice();
      return await promise;
    } finally {
      signal.removeEventListener("abort", abort);
      this.#polls.delete(offer);
      session.polls -= 1;
      session.lastContact = this.#site.now;
    }
  }

  /** The batch that a poll is answered with, undefined when there is none. */
  #next(lastMessageId: number): DemandBatch | undefined {
    const late = this.#late;
    this.#late = undefined;
    if (late) return late;
    if (this.#last && this.#takeFault("repeated")) return this.#last;
    const [first, second] = this.#batches.filter(({ id }) => id > lastMessageId);
    if (first && this.#takeFault("lost")) {
      this.#batches = this.#batches.filter((batch) => batch !== first);
      return undefined;
    }
    if (first && second && this.#takeFault("reordered")) {
      this.#late = first;
      return second;
    }
    if (first && this.#takeFault("without-figures")) return { ...first, figures: undefined };
    return first;
  }

  #refuse(): void {
    this.#site.checkAccess(this.scope);
    if (this.#takeFault("refused")) throw new Error("GitHub answered 503");
  }

  #takeFault(fault: ScaleSetFault): boolean {
    const index = this.faults.indexOf(fault);
    if (index >= 0) this.faults.splice(index, 1);
    return index >= 0;
  }
}
