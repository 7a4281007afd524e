import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { askService } from "../../../src/unit/ask-service.ts";
import { serviceWords } from "../../../src/unit/service-paths.ts";
import type { ServiceStatus } from "../../../src/unit/service-status.ts";
import type { Rig } from "./rig.ts";
import { until } from "./until.ts";

/** The runner service of a rig's unit as a child of the test, for machines on which no systemd runs it. */
export class ServiceProcess {
  readonly #rig: Rig;
  #child: ChildProcess | undefined;
  #output = "";

  constructor(rig: Rig) {
    this.#rig = rig;
  }

  /** Everything that it has logged. */
  get output(): string {
    return this.#output;
  }

  /** @throws Error while it does not run. */
  get pid(): number {
    const pid = this.#child?.pid;
    if (pid === undefined) throw new Error("The runner service does not run");
    return pid;
  }

  /** Starts the program of the deployed archive. @param more of its environment, such as the socket of LXD. */
  start(more: Readonly<Record<string, string>> = {}): void {
    const charm = this.#rig.paths.charm(this.#rig.unit);
    const child = spawn(join(charm, "runtime/bin/node"), [...serviceWords(charm, this.#rig.slug)], {
      env: { PATH: process.env["PATH"], ...this.#rig.environment, ...more },
      stdio: ["ignore", "ignore", "pipe"],
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => (this.#output += text));
    this.#child = child;
  }

  status(signal: AbortSignal): Promise<ServiceStatus | undefined> {
    return askService(join(this.#rig.dataDirectory, "service.sock"), signal);
  }

  /** Waits until the status of the service is as wanted. */
  async shows(what: string, test: (status: ServiceStatus) => boolean, signal: AbortSignal): Promise<void> {
    let shown: ServiceStatus | undefined;
    const isSo = async () => {
      shown = await this.status(signal);
      return shown !== undefined && test(shown);
    };
    const found = () => `; it shows ${JSON.stringify(shown)}, and has logged ${this.#output.slice(-2000)}`;
    await until(what, isSo, signal, found);
  }

  /** Tells the status, and each change of it, until the signal is aborted. */
  async follow(tell: (status: ServiceStatus) => void, signal: AbortSignal): Promise<void> {
    const socketPath = join(this.#rig.dataDirectory, "service.sock");
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      get({ socketPath, path: "/events", signal }, resolve).on("error", reject);
    });
    try {
      for await (const line of createInterface(answer)) {
        if (line.startsWith("data: ")) tell(JSON.parse(line.slice("data: ".length)) as ServiceStatus);
      }
    } catch (thrown) {
      if (!signal.aborted) throw thrown;
    }
  }

  async kill(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child?.exitCode !== null) return;
    child.kill(signal);
    await once(child, "exit");
  }
}
