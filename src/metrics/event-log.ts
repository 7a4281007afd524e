import { constants, open, type FileHandle } from "node:fs/promises";
import { ConditionError, messageOf } from "charm-kit";
import type { MetricEvent } from "./metric-event.ts";

const { O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_RDWR } = constants;
const NEW_LINE = 0x0a;

/** Events could not be appended to the metrics log. */
export class MetricsLogError extends ConditionError {
  readonly code = "metrics-log";
  readonly remedy = "retry";

  constructor(path: string, detail: string, options?: ErrorOptions) {
    super(`Cannot append to '${path}': ${detail}; make room, or make it a file that root may write`, options);
  }
}

/**
 * The machine's metrics log: JSON lines, appended by all units.
 *
 * Each event is one append, so lines of several processes do not mix.
 */
export class EventLog {
  readonly #path: string;

  /** @param path absolute; a missing file is created, a missing directory is not. */
  constructor(path: string) {
    this.#path = path;
  }

  /** @throws {@link MetricsLogError}; earlier events are in the log then. */
  async append(events: readonly MetricEvent[]): Promise<void> {
    if (events.length === 0) return;
    try {
      // Opened each time, since a rotation replaces the file.
      const file = await open(this.#path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o644);
      try {
        await appendLines(file, events);
      } finally {
        await file.close();
      }
    } catch (thrown) {
      throw new MetricsLogError(this.#path, messageOf(thrown), { cause: thrown });
    }
  }
}

async function appendLines(file: FileHandle, events: readonly MetricEvent[]): Promise<void> {
  let start = await startOfLine(file);
  for (const event of events) {
    const line = Buffer.from(`${start}${JSON.stringify(event)}\n`);
    const { bytesWritten } = await file.write(line);
    if (bytesWritten < line.length) throw new Error(`${bytesWritten} of ${line.length} bytes were written`);
    start = "";
  }
}

/** A full disk may have left a partial line, which must not corrupt the next event. */
async function startOfLine(file: FileHandle): Promise<"" | "\n"> {
  const { size } = await file.stat();
  if (size === 0) return "";
  const last = Buffer.alloc(1);
  const { bytesRead } = await file.read(last, 0, 1, size - 1);
  return bytesRead === 1 && last[0] !== NEW_LINE ? "\n" : "";
}
