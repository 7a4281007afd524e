import type { ServerResponse } from "node:http";
import { systemClock, type Clock } from "charm-kit";

export interface EventReadersOptions {
  /** Most of them at a time. */
  readonly most: number;
  /** @default the machine's */
  readonly clock?: Clock;
  /** Longest time in which a reader does not catch up, in milliseconds. @default 20000 */
  readonly stuckMs?: number;
  /** After so long a reader has to come again, in milliseconds: one may have vanished without a word. @default 900000 */
  readonly longestMs?: number;
}

interface Reader {
  readonly response: ServerResponse;
  readonly since: number;
  /** Since when something has been waiting for it without a break. */
  waitingSince: number;
}

/** Most bytes that wait for a slow reader. */
const BACKLOG_BYTES = 1024 * 1024;

/**
 * Readers of a stream of server-sent events, of which there are few, and none for long that does not read.
 *
 * Format: https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export class EventReaders {
  readonly #options: Required<EventReadersOptions>;
  readonly #readers = new Set<Reader>();

  constructor({ most, clock = systemClock, stuckMs = 20_000, longestMs = 15 * 60_000 }: EventReadersOptions) {
    this.#options = { most, clock, stuckMs, longestMs };
  }

  get count(): number {
    return this.#readers.size;
  }

  get isFull(): boolean {
    return this.#readers.size >= this.#options.most;
  }

  /** Begins the answer to a request for events. */
  add(response: ServerResponse, first: string): void {
    const now = this.#options.clock.now();
    const reader: Reader = { response, since: now, waitingSince: now };
    this.#readers.add(reader);
    response.once("close", () => this.#readers.delete(reader));
    // A reader may take nothing for as long as nothing happens.
    response.socket?.setTimeout(0);
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    this.#write(reader, eventOf(first));
  }

  /** Sends a line to all of them. One that does not read loses its connection. */
  send(data: string): void {
    const { clock, longestMs, stuckMs } = this.#options;
    const now = clock.now();
    for (const reader of this.#readers) {
      const { response, since, waitingSince } = reader;
      const isStuck = response.writableLength > 0 && now - waitingSince > stuckMs;
      if (isStuck || response.writableLength > BACKLOG_BYTES || now - since > longestMs) response.destroy();
      else this.#write(reader, eventOf(data));
    }
  }

  close(): void {
    for (const { response } of this.#readers) response.destroy();
  }

  #write(reader: Reader, text: string): void {
    if (reader.response.writableLength === 0) reader.waitingSince = this.#options.clock.now();
    reader.response.write(text);
  }
}

function eventOf(data: string): string {
  return `data: ${data}\n\n`;
}
