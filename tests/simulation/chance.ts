/** Random numbers that are the same for the same seed, so that a simulation can be repeated. */
export class Chance {
  #state: number;
  readonly #seed: string;

  constructor(seed: string) {
    this.#seed = seed;
    // FNV-1a.
    let hash = 0x811c9dc5;
    for (const character of seed) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193);
    this.#state = hash >>> 0;
  }

  /** Numbers of their own for one part: what another part draws does not change them. */
  of(part: string): Chance {
    return new Chance(`${this.#seed}/${part}`);
  }

  /** At least 0, below 1. */
  next(): number {
    // Mulberry32.
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  between(least: number, most: number): number {
    return least + (most - least) * this.next();
  }

  /** A whole number, both ends included. */
  count(least: number, most: number): number {
    return Math.floor(this.between(least, most + 1));
  }

  happens(probability: number): boolean {
    return this.next() < probability;
  }

  /** Waiting time between events that come independently of each other. */
  exponential(mean: number): number {
    return -mean * Math.log(1 - this.next());
  }

  /** @param spread standard deviation of the logarithm. */
  logNormal(median: number, spread: number): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.next()));
    return median * Math.exp(spread * radius * Math.cos(2 * Math.PI * this.next()));
  }

  pick<T>(choice: readonly T[]): T {
    const picked = choice[Math.floor(this.next() * choice.length)];
    if (picked === undefined) throw new Error("There is nothing to pick from.");
    return picked;
  }

  /** Random hexadecimal digits. */
  digits(): string {
    const part = () =>
      Math.floor(this.next() * 2 ** 24)
        .toString(16)
        .padStart(6, "0");
    return part() + part();
  }
}
