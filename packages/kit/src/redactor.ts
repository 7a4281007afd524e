import { type Clock, systemClock } from "./clock.ts";
import { REDACTED } from "./secret.ts";

const SHORTEST_SECRET = 6;
/** A clock may be wrong, and a log line may come late. */
const MARGIN_MS = 24 * 60 * 60_000;

/** Removes known secrets from text before it leaves the process. */
export class Redactor {
  /** Each form of each secret, with the time from which nobody needs to hide it. */
  readonly #values = new Map<string, number>();
  readonly #clock: Pick<Clock, "now">;

  /** @param clock tells which secrets have expired. @default the system's clock */
  constructor(clock: Pick<Clock, "now"> = systemClock) {
    this.#clock = clock;
  }

  /**
   * Adds a secret. Values shorter than 6 characters are ignored, because ordinary text contains them.
   *
   * @param expiresAt when it stops being valid, in milliseconds since the Unix epoch. It is hidden for a day longer, so that
   *   a process that stays does not keep each short-lived token. @default never
   */
  add(value: string, expiresAt = Infinity): void {
    const now = this.#clock.now();
    for (const [form, end] of this.#values) if (end <= now) this.#values.delete(form);
    if (value.length < SHORTEST_SECRET) return;
    for (const form of formsOf(value)) {
      this.#values.set(form, Math.max(this.#values.get(form) ?? 0, expiresAt + MARGIN_MS));
    }
  }

  /**
   * Stops hiding a secret at a time, whatever {@link add} was told of it: nobody can use it any more.
   *
   * @param at milliseconds since the Unix epoch.
   */
  expire(value: string, at: number): void {
    const isOver = at <= this.#clock.now();
    for (const form of formsOf(value)) {
      if (isOver) this.#values.delete(form);
      else if (this.#values.has(form)) this.#values.set(form, at);
    }
  }

  scrub(text: string): string {
    let scrubbed = text;
    const longestFirst = [...this.#values.keys()].sort((left, right) => right.length - left.length);
    for (const value of longestFirst) scrubbed = scrubbed.replaceAll(value, REDACTED);
    return scrubbed;
  }
}

/** JSON, URLs and base64 contain a secret in another form. */
function formsOf(value: string): readonly string[] {
  // As it is sent: half of a surrogate pair, which no URL can hold, is replaced.
  const sent = Buffer.from(value);
  return [
    value,
    JSON.stringify(value).slice(1, -1),
    encodeURIComponent(sent.toString()),
    sent.toString("base64"),
  ];
}
