import type { Logger } from "charm-kit";
import { StopWithStatus } from "../dispatch/stop-with-status.ts";
import type { Status } from "../tools/hook-tools.ts";
import type { CharmEvent, CharmEventParts } from "./charm-event.ts";
import { eventName } from "./create-event.ts";
import { DeferError } from "./defer-error.ts";
import { isDeferrable, type EventRecord, type Notice } from "./notice.ts";
import type { NoticeQueue } from "./notice-queue.ts";
import type { Observer, Observers } from "./observers.ts";

/** What an {@link Emitter} is made of. */
export interface EmitterDeps {
  readonly observers: Observers;
  readonly queue: NoticeQueue;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** Is told of every event before its observers, also of one that is brought again. */
  readonly onEmit: (record: EventRecord) => void;
  /** Makes the event that an observer gets. */
  readonly create: (record: EventRecord, parts: Pick<CharmEventParts, "signal" | "defer">) => CharmEvent;
}

/** One observer that is to get an event; without a notice, it cannot defer it. */
interface Delivery {
  readonly observer: Observer;
  readonly notice: Notice | undefined;
}

/** Brings events to their observers, and again to those that deferred them. */
export class Emitter {
  readonly #deps: EmitterDeps;

  constructor(deps: EmitterDeps) {
    this.#deps = deps;
  }

  /** Tells those who look on that the observers of an event are about to be called. */
  announce(record: EventRecord): void {
    this.#deps.onEmit(record);
  }

  /**
   * Calls the observers of an event, one after the other; what the first of them throws is thrown.
   *
   * All of them are in the queue before the first is called, so that an event which a handler emits again is seen to be
   * there. An observer that waits for an equal event already is left out: that one stands for both.
   */
  async emit(record: EventRecord): Promise<void> {
    this.announce(record);
    const deliveries = this.#enqueue(record);
    let delivered = 0;
    try {
      for (const delivery of deliveries) {
        delivered += 1;
        await this.#deliver(record, delivery);
      }
    } finally {
      // Those behind an observer that threw do not get the event, not even later.
      for (const { notice } of deliveries.slice(delivered)) if (notice) this.#deps.queue.remove(notice);
    }
  }

  /**
   * Brings what earlier dispatches deferred, in the order in which it came, each to the observer that deferred it.
   *
   * @param onStop is told when a handler throws {@link StopWithStatus}, which ends its event and no other.
   */
  async reemit(onStop: (status: Status) => Promise<void>): Promise<void> {
    const { observers, queue, log } = this.#deps;
    for (const notice of queue.notices) {
      const observer = observers.of(notice.kind).find(({ name }) => name === notice.observer);
      const facts = { event: eventName(notice), observer: notice.observer };
      if (!observer) {
        queue.remove(notice);
        log.warning("Dropping a deferred event: its observer is not there any more", facts);
        continue;
      }
      log.debug("Bringing a deferred event again", facts);
      this.announce(notice);
      try {
        await this.#deliver(notice, { observer, notice });
      } catch (thrown) {
        if (!(thrown instanceof StopWithStatus)) throw thrown;
        await onStop(thrown.status);
      }
    }
  }

  #enqueue(record: EventRecord): readonly Delivery[] {
    const { observers, queue, log } = this.#deps;
    const all = observers.of(record.kind);
    return all.flatMap((observer): readonly Delivery[] => {
      const known = all.filter(({ name }) => name === observer.name).length === 1;
      if (!isDeferrable(record.kind) || observer.name === undefined || !known) {
        return [{ observer, notice: undefined }];
      }
      const notice = { kind: record.kind, facts: record.facts, observer: observer.name };
      if (queue.add(notice)) return [{ observer, notice }];
      log.debug("Leaving out an observer that waits for an equal event", {
        event: eventName(record),
        observer: observer.name,
      });
      return [];
    });
  }

  async #deliver(record: EventRecord, { observer, notice }: Delivery): Promise<void> {
    const { queue, signal, create } = this.#deps;
    const progress = { running: true, deferred: false };
    const defer = () => {
      if (!notice) throw new DeferError(eventName(record), whyNot(record, observer));
      if (!progress.running) throw new DeferError(eventName(record), "its handler has ended");
      progress.deferred = true;
    };
    try {
      await observer.handle(create(record, { signal, defer }));
    } finally {
      progress.running = false;
      if (notice && !progress.deferred) queue.remove(notice);
    }
  }
}

function whyNot({ kind }: EventRecord, { name }: Observer): string {
  if (!isDeferrable(kind)) return "Juju does not wait for it, or asks again by itself";
  if (name === undefined)
    return "its observer has no name; observe it with a method, or with the option name";
  return `several of its observers are called ${name}; give each a name of its own with the option name`;
}
