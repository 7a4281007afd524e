import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { promisify } from "node:util";
import type { AnswerOptions } from "./answer.ts";
import type { Finding, Probe } from "./probe.ts";

export type Probes = Readonly<Record<string, Probe>>;
export type Findings = Readonly<Record<string, Finding>>;

/** A network namespace in which programs of the tests run: a runner's, or one beside this machine's. */
export class NetworkPeer {
  readonly #enter: readonly string[];
  readonly #children: ChildProcess[] = [];

  /** @param enter words before a command that is to run there. */
  constructor(enter: readonly string[]) {
    this.#enter = enter;
  }

  /** Tries all of it side by side. */
  async probe(probes: Probes, signal: AbortSignal): Promise<Findings> {
    const { stdout } = await this.run(this.#program("probe.ts", probes), signal);
    return JSON.parse(stdout) as Findings;
  }

  /** Answers there until {@link NetworkPeer.close}. */
  async answer(options: AnswerOptions, signal: AbortSignal): Promise<void> {
    const [program = "", ...words] = [...this.#enter, ...this.#program("answer.ts", options)];
    const child = spawn(program, words, { stdio: ["ignore", "pipe", "inherit"] });
    this.#children.push(child);
    await Promise.race([
      once(child.stdout, "data", { signal }),
      once(child, "exit").then(() => {
        throw new Error("The program that should answer has ended");
      }),
    ]);
  }

  run(command: readonly string[], signal: AbortSignal): Promise<{ readonly stdout: string }> {
    const [program = "", ...words] = [...this.#enter, ...command];
    return promisify(execFile)(program, words, { signal });
  }

  /** Ends what runs there. */
  close(): void {
    for (const child of this.#children) child.kill("SIGKILL");
  }

  #program(name: string, options: unknown): readonly string[] {
    return [process.execPath, join(import.meta.dirname, name), JSON.stringify(options)];
  }
}
