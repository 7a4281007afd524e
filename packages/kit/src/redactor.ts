import { REDACTED } from "./secret.ts";
const SHORTEST_SECRET = 6;

/** Removes known secrets from text before it leaves the process. */
export class Redactor {
  readonly #values = new Set<string>();

  /** Adds a secret. Values shorter than 6 characters are ignored, because ordinary text contains them. */
  add(value: string): void {
    if (value.length < SHORTEST_SECRET) return;
    this.#values.add(value);
    // JSON, URLs and base64 contain the secret in another form.
    this.#values.add(JSON.stringify(value).slice(1, -1));
    this.#values.add(encodeURIComponent(value));
    this.#values.add(Buffer.from(value).toString("base64"));
  }

  scrub(text: string): string {
    let scrubbed = text;
    const longestFirst = [...this.#values].sort((left, right) => right.length - left.length);
    for (const value of longestFirst) scrubbed = scrubbed.replaceAll(value, REDACTED);
    return scrubbed;
  }
}
