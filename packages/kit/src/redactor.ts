const REPLACEMENT = "[redacted]";
const SHORTEST_SECRET = 6;

/** Removes known secret values from text that is about to leave the process. */
export class Redactor {
  readonly #values = new Set<string>();

  /** Remembers a value. Values under 6 characters are ignored: removing them would garble ordinary text. */
  add(value: string): void {
    if (value.length < SHORTEST_SECRET) return;
    this.#values.add(value);
    // The same value inside JSON, a URL or a base64 line is the same secret.
    this.#values.add(JSON.stringify(value).slice(1, -1));
    this.#values.add(encodeURIComponent(value));
    this.#values.add(Buffer.from(value).toString("base64"));
  }

  scrub(text: string): string {
    let scrubbed = text;
    const longestFirst = [...this.#values].sort((left, right) => right.length - left.length);
    for (const value of longestFirst) scrubbed = scrubbed.replaceAll(value, REPLACEMENT);
    return scrubbed;
  }
}
