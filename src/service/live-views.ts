import type { ServerResponse } from "node:http";
import { isRecent, messageOf, type Clock, type Logger } from "charm-kit";
import type { Capsule } from "../unit/capsules.ts";
import type { ServiceStatus } from "../unit/service-status.ts";
import { EventReaders } from "./event-readers.ts";
import { liveView, type LiveView } from "./live-view.ts";
import type { RecentWaits } from "./recent-waits.ts";

export interface LiveViewsDependencies {
  readonly status: () => ServiceStatus;
  /** The last waits; `takeEvents` adds to them what has happened since. */
  readonly waits: RecentWaits;
  readonly takeEvents: () => Promise<void>;
  /** The unit's capsules, the newest first. */
  readonly capsules: () => Promise<readonly Capsule[]>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Between two views that are sent. */
const PAUSE_MS = 250;
/** What hooks have done does not change the service's status. Shows also which readers hang. */
const BEAT_MS = 15_000;
/** Capsules are files: read again after so long. */
const CAPSULES_AGE_MS = 2000;

/** Views of the unit for those who watch it. Makes none while nobody does. */
export class LiveViews {
  readonly #dependencies: LiveViewsDependencies;
  readonly #audiences: EventReaders[] = [];
  readonly #ended = new AbortController();
  #reading: Promise<LiveView> | undefined;
  #capsules: { readonly at: number; readonly found: readonly Capsule[] } | undefined;
  #isDue = false;
  #isSending = false;
  #isBeating = false;

  constructor(dependencies: LiveViewsDependencies) {
    this.#dependencies = dependencies;
  }

  /** The view of now. Those who ask at the same time share one. */
  read(): Promise<LiveView> {
    this.#reading ??= this.#make().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  /** Readers apart from others, so that many of one listener leave room at another one. @param most of them at a time. */
  openAudience(most: number): EventReaders {
    const readers = new EventReaders({ most, clock: this.#dependencies.clock });
    this.#audiences.push(readers);
    return readers;
  }

  /** Begins an answer with the view of now, and each later one. The caller has made sure that the audience is not full. */
  async stream(response: ServerResponse, audience: EventReaders): Promise<void> {
    const text = JSON.stringify(await this.read());
    if (response.destroyed) return;
    if (audience.isFull) response.destroy();
    else audience.add(response, text);
    this.#beat();
  }

  /** The service's status has changed. */
  changed(): void {
    this.#isDue = true;
    if (!this.#isSending && this.#isWatched) this.#send().catch(() => undefined);
  }

  close(): void {
    this.#ended.abort();
    for (const readers of this.#audiences) readers.close();
  }

  get #isWatched(): boolean {
    return this.#audiences.some(({ count }) => count > 0);
  }

  async #send(): Promise<void> {
    const { clock, log } = this.#dependencies;
    this.#isSending = true;
    try {
      while (this.#isDue && this.#isWatched) {
        this.#isDue = false;
        const text = JSON.stringify(await this.read());
        for (const readers of this.#audiences) readers.send(text);
        await clock.wait(PAUSE_MS, this.#ended.signal);
      }
    } catch (thrown) {
      if (!this.#ended.signal.aborted)
        log.warning("Cannot send the live view", { reason: messageOf(thrown) });
    } finally {
      this.#isSending = false;
    }
  }

  #beat(): void {
    if (this.#isBeating) return;
    this.#isBeating = true;
    this.#beatOn()
      .catch(() => undefined)
      .finally(() => {
        this.#isBeating = false;
      });
  }

  async #beatOn(): Promise<void> {
    while (this.#isWatched) {
      await this.#dependencies.clock.wait(BEAT_MS, this.#ended.signal);
      this.changed();
    }
  }

  async #make(): Promise<LiveView> {
    const { clock, status, takeEvents, waits } = this.#dependencies;
    await takeEvents();
    const capsules = await this.#readCapsules();
    return liveView({ status: status(), waits, capsules, now: clock.now() });
  }

  async #readCapsules(): Promise<readonly Capsule[]> {
    const { capsules, clock } = this.#dependencies;
    const now = clock.now();
    const known = this.#capsules;
    if (known && isRecent(known.at, { now, withinMs: CAPSULES_AGE_MS })) return known.found;
    const found = await capsules().catch(() => []);
    this.#capsules = { at: now, found };
    return found;
  }
}
