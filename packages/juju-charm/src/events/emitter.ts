import type { Logger } from "charm-kit";
import type { RunningCalls } from "../dispatch/running-calls.ts";
import { StopWithStatus } from "../dispatch/stop-with-status.ts";
import type { Status } from "../tools/hook-tools.ts";
import type { CharmEvent, CharmEventOptions } from "./charm-event.ts";
import { eventName } from "./create-event.ts";
import { DeferError } from "./defer-error.ts";
import { isDeferrable, type EventRecord, type Notice } from "./notice.ts";
import type { NoticeQueue } from "./notice-queue.ts";
import type { Observer, Observers } from "./observers.ts";

/** Services of an {@link Emitter}. */
export interface EmitterDependencies {
  readonly observers: Observers;
  readonly queue: NoticeQueue;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** Checks that the calls of a handler end with it. */
  readonly calls: Pick<RunningCalls, "during">;
  /** Called with every event before its observers, also with re-emitted ones. */
  readonly onEmit: (record: EventRecord) => void;
  /** Why a deferred event must not be re-emitted: see {@link lostSubject}. */
  readonly lost: (record: EventRecord) => Promise<string | undefined>;
  /** Creates the event object for an observer. */
  readonly create: (record: EventRecord, options: Pick<CharmEventOptions, "signal" | "defer">) => CharmEvent;
}

/** The delivery of an event to one observer, which can defer it only with a notice. */
interface Delivery {
  readonly observer: Observer;
  readonly notice: Notice | undefined;
}

/** Emits events to their observers, and re-emits deferred events. */
export class Emitter {
  readonly #dependencies: EmitterDependencies;

  constructor(dependencies: EmitterDependencies) {
    this.#dependencies = dependencies;
  }

  /** Notifies the listener before the observers of an event are called. */
  announce(record: EventRecord): void {
    this.#dependencies.onEmit(record);
  }

  /**
   * Calls the observers of an event, one after the other. Rejects with the first error that an observer throws.
   *
   * All notices enter the queue before the first call, so that an equal event from a handler is recognised. Skips an
   * observer with an equal pending event: that one counts for both.
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
      // After an error, the remaining observers never receive the event.
      for (const { notice } of deliveries.slice(delivered))
        if (notice) this.#dependencies.queue.remove(notice);
    }
  }

  /**
   * Re-emits the events that earlier dispatches deferred, in their original order, each to the observer that deferred it.
   * Drops those without observer or subject, which could never be delivered.
   *
   * @param onStop called when a handler throws {@link StopWithStatus}, which ends only its own event.
   */
  async reemit(onStop: (status: Status) => Promise<void>): Promise<void> {
    const { observers, queue, log } = this.#dependencies;
    for (const notice of queue.notices) {
      const observer = observers.of(notice.kind).find(({ name }) => name === notice.observer);
      const facts = { event: eventName(notice), observer: notice.observer };
      const lost = observer ? await this.#dependencies.lost(notice) : "its observer no longer exists";
      if (!observer || lost !== undefined) {
        queue.remove(notice);
        log.warning(`Dropping a deferred event: ${lost ?? ""}`, facts);
        continue;
      }
      log.debug("Re-emitting a deferred event", facts);
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
    const { observers, queue, log } = this.#dependencies;
    const all = observers.of(record.kind);
    return all.flatMap((observer): readonly Delivery[] => {
      const known = all.filter(({ name }) => name === observer.name).length === 1;
      if (!isDeferrable(record.kind) || observer.name === undefined || !known) {
        return [{ observer, notice: undefined }];
      }
      const notice = { kind: record.kind, facts: record.facts, observer: observer.name };
      if (queue.add(notice)) return [{ observer, notice }];
      log.debug("Skipping an observer with an equal pending event", {
        event: eventName(record),
        observer: observer.name,
      });
      return [];
    });
  }

  async #deliver(record: EventRecord, { observer, notice }: Delivery): Promise<void> {
    const { queue, signal, calls, create } = this.#dependencies;
    const progress = { running: true, deferred: false };
    const defer = () => {
      if (!notice) throw new DeferError(eventName(record), undeferrableReason(record, observer));
      if (!progress.running) throw new DeferError(eventName(record), "its handler has ended");
      progress.deferred = true;
    };
    try {
      await calls.during({ name: observer.name, event: eventName(record) }, () =>
        observer.handle(create(record, { signal, defer })),
      );
    } finally {
      progress.running = false;
      if (notice && !progress.deferred) queue.remove(notice);
    }
  }
}

function undeferrableReason({ kind }: EventRecord, { name }: Observer): string {
  if (!isDeferrable(kind)) return "Juju does not wait for it, or emits it again";
  if (name === undefined)
    return "its observer has no name; observe it with a method, or with the option name";
  return `several of its observers are called ${name}; give each a unique name with the option name`;
}
