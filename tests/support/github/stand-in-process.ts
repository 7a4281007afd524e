import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { messageOf } from "charm-kit";
import { StandInControl } from "./control/stand-in-control.ts";
import { NetworkNamespace } from "./network-namespace.ts";
import type { NetworkNamespaceOptions } from "./network-namespace.ts";

/** How a stand-in is started as a process of its own. */
export interface StandInProcessOptions {
  /** Absolute; where the control plane listens. */
  readonly controlSocket: string;
  /** Absolute paths of archives of the runner application. */
  readonly archives: readonly string[];
  /** Of the address in the namespace. @default 80 */
  readonly port?: number;
  readonly namespace?: NetworkNamespaceOptions;
  /** Silence after which a runner counts as offline. @default 60 seconds */
  readonly offlineAfterMs?: number;
  /** How long a poll is held open that has nothing to say. @default 50 seconds */
  readonly pollMs?: number;
  /**
   * Whether it lives on when this process ends, and hears nothing of Ctrl-C at the terminal; its standard error is then
   * the file of the control socket's name and `.log`. Whoever makes a namespace of the same name ends it. @default false
   */
  readonly outlives?: boolean;
}

/** A stand-in in a network namespace: the machines of this one's bridges reach it as they would reach the Internet. */
export class StandInProcess {
  /** What `github-url` is set to. */
  readonly url: string;
  readonly control: StandInControl;
  readonly #child: ChildProcess;
  readonly #namespace: NetworkNamespace;

  private constructor(
    url: string,
    control: StandInControl,
    child: ChildProcess,
    namespace: NetworkNamespace,
  ) {
    this.url = url;
    this.control = control;
    this.#child = child;
    this.#namespace = namespace;
  }

  /** Makes the namespace, starts the stand-in in it and resolves once it listens. On failure nothing is left. */
  static async start(options: StandInProcessOptions, signal: AbortSignal): Promise<StandInProcess> {
    const namespace = await NetworkNamespace.create(options.namespace ?? {}, signal);
    const [command, ...words] = namespace.command(
      process.execPath,
      mainArguments(options, namespace.address),
    );
    const { outlives = false } = options;
    // A terminal or a pipe that it held would wait for its end.
    const log = outlives ? openSync(`${options.controlSocket}.log`, "w") : undefined;
    const child = spawn(command, words, {
      stdio: ["ignore", "pipe", log ?? "inherit"],
      detached: outlives,
      env: pathWithSbin(),
    });
    if (log !== undefined) closeSync(log);
    try {
      const url = await listening(child, signal);
      return new StandInProcess(url, new StandInControl(options.controlSocket), child, namespace);
    } catch (thrown) {
      await namespace.remove(AbortSignal.timeout(CLEAN_UP_MS));
      if (outlives)
        throw new Error(`${messageOf(thrown)}; see ${options.controlSocket}.log`, { cause: thrown });
      throw thrown;
    }
  }

  /** Ends the stand-in and takes its namespace down. */
  async stop(signal: AbortSignal): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const ended = once(this.#child, "exit", { signal });
      this.#child.kill("SIGTERM");
      await ended;
    }
    await this.#namespace.remove(signal);
  }
}

const CLEAN_UP_MS = 60_000;

function mainArguments(options: StandInProcessOptions, address: string): string[] {
  const { controlSocket, archives, port = 80, offlineAfterMs, pollMs } = options;
  return [
    fileURLToPath(import.meta.resolve("./main.ts")),
    ...["--listen", `${address}:${port}`, "--control", controlSocket],
    ...archives.flatMap((path) => ["--archive", path]),
    ...(offlineAfterMs === undefined ? [] : ["--offline-after-ms", String(offlineAfterMs)]),
    ...(pollMs === undefined ? [] : ["--poll-ms", String(pollMs)]),
  ];
}

/** The address of the line that the stand-in prints when it is ready. */
async function listening({ stdout }: ChildProcess, signal: AbortSignal): Promise<string> {
  if (!stdout) throw new Error("Cannot start the GitHub stand-in: it has no output");
  const lines = createInterface({ input: stdout, signal });
  for await (const line of lines) {
    const [, url] = /^listening (\S+)$/.exec(line) ?? [];
    if (url !== undefined) return url;
  }
  signal.throwIfAborted();
  throw new Error("Cannot start the GitHub stand-in: it ended before it listened");
}

function pathWithSbin(): NodeJS.ProcessEnv {
  return { ...process.env, PATH: `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin` };
}
