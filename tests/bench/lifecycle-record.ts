import type { EventStream, LxdClient } from "lxd-client";

/** Something that happened to an instance. */
export interface LifecycleEntry {
  /** Such as `instance-started`. */
  readonly action: string;
  /** Of the instance, or of whatever else it happened to. */
  readonly name: string;
  /** Milliseconds since the Unix epoch, with fractions. */
  readonly at: number;
}

/** What LXD tells of its objects, from the moment that the record is opened. */
export class LifecycleRecord {
  readonly entries: LifecycleEntry[] = [];
  readonly #stream: EventStream;
  readonly #waiting = new Set<() => void>();

  private constructor(stream: EventStream) {
    this.#stream = stream;
  }

  static async open(client: LxdClient, signal: AbortSignal): Promise<LifecycleRecord> {
    const record = new LifecycleRecord(await client.events.open(["lifecycle"], signal));
    record.#read().catch(() => undefined);
    return record;
  }

  /** Waits until an entry is there that fits. @throws the signal's reason */
  async until(fits: (entry: LifecycleEntry) => boolean, signal: AbortSignal): Promise<void> {
    while (!this.entries.some(fits)) {
      signal.throwIfAborted();
      const { promise, resolve } = Promise.withResolvers<undefined>();
      const wake = () => {
        resolve(undefined);
      };
      this.#waiting.add(wake);
      signal.addEventListener("abort", wake, { once: true });
      await promise;
      this.#waiting.delete(wake);
      signal.removeEventListener("abort", wake);
    }
  }

  close(): void {
    this.#stream.close();
  }

  async #read(): Promise<void> {
    for await (const event of this.#stream) {
      if (event.type !== "lifecycle") continue;
      const name = event.source.split("/")[3] ?? "";
      this.entries.push({ action: event.action, name, at: preciseInstant(event.timestamp) });
      for (const wake of this.#waiting) wake();
    }
  }
}

/** RFC 3339 with nanoseconds to milliseconds since the Unix epoch; `Date` alone drops what is below one. */
export function preciseInstant(timestamp: string): number {
  const digits = /\.\d{3}(\d+)/.exec(timestamp)?.[1] ?? "0";
  return Date.parse(timestamp) + Number(`0.${digits}`);
}
