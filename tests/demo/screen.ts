/** Where the demo's words go. */
export interface Output {
  write(text: string): unknown;
  /** Whether a person watches: lines may then be overwritten. */
  readonly isTerminal: boolean;
  readonly hasColours: boolean;
}

const CODES = { bold: 1, dim: 2, red: 31, green: 32 } as const;
const TICK_MS = 1000;
const TIME_WIDTH = 7;
const INDENT = " ".repeat(TIME_WIDTH + 2);

/** The demo's output: headings, and below them lines with the seconds that have passed since the start. */
export class Screen {
  readonly #output: Output;
  readonly #now: () => number;
  readonly #startedAt: number;
  readonly #ticker: NodeJS.Timeout | undefined;
  #ticking = false;

  /** @param now milliseconds of any clock. */
  constructor(output: Output, now: () => number) {
    this.#output = output;
    this.#now = now;
    this.#startedAt = now();
    if (!output.isTerminal) return;
    this.#ticker = setInterval(() => {
      this.#tick();
    }, TICK_MS);
    this.#ticker.unref();
  }

  heading(text: string): void {
    this.#print(`\n${this.#paint("bold", text)}`);
  }

  /** Something that has happened now. */
  line(text: string): void {
    this.#print(`${this.#paint("dim", this.#elapsed())}  ${text}`);
  }

  /** Something that has come about as it should. */
  success(text: string): void {
    this.line(this.#paint("green", text));
  }

  problem(text: string): void {
    this.#print(`\n${this.#paint("red", text)}`);
  }

  /** Text without the time, such as a job's output or a table. */
  text(lines: readonly string[]): void {
    for (const line of lines) this.#print(line === "" ? "" : `${INDENT}${line}`);
  }

  close(): void {
    clearInterval(this.#ticker);
    this.#clearTick();
  }

  #print(text: string): void {
    this.#clearTick();
    this.#output.write(`${text}\n`);
  }

  /** Shows a person that time passes and the demo with it. */
  #tick(): void {
    this.#clearTick();
    this.#output.write(this.#paint("dim", `${this.#elapsed()}  ...`));
    this.#ticking = true;
  }

  #clearTick(): void {
    if (this.#ticking) this.#output.write("\r\u001b[2K");
    this.#ticking = false;
  }

  #elapsed(): string {
    return `${((this.#now() - this.#startedAt) / 1000).toFixed(1)} s`.padStart(TIME_WIDTH);
  }

  #paint(colour: keyof typeof CODES, text: string): string {
    return this.#output.hasColours ? `\u001b[${CODES[colour]}m${text}\u001b[0m` : text;
  }
}
