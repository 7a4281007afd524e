import { existsSync } from "node:fs";
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";

import { runOrFail, writeFileAtomically, type RunProcess } from "charm-kit";
import { AgentRequestError } from "../agent-errors.ts";
import type { Product } from "../product.ts";
import { renderService, serviceName } from "./service-files.ts";

/** Paths of systemd. */
export interface SystemdPaths {
  /** Directory of local unit files. */
  readonly units: string;
  /** Exists when systemd is PID 1. */
  readonly booted: string;
}

/** Services of {@link AgentService}. */
export interface AgentServiceDependencies {
  readonly product: Product;
  readonly stateDirectory: string;
  readonly systemd: SystemdPaths;
  readonly run: RunProcess;
}

const LIMIT_MS = 120_000;
const WANTED_BY = "timers.target.wants";

/** The systemd units of one agent. The files are the only record. */
export class AgentService {
  readonly #dependencies: AgentServiceDependencies;
  /** Name of the units without their type. */
  readonly name: string;

  constructor(dependencies: AgentServiceDependencies) {
    this.#dependencies = dependencies;
    this.name = serviceName(dependencies.product.name, dependencies.stateDirectory);
  }

  /** Whether systemd runs this machine. */
  get isPossible(): boolean {
    return existsSync(this.#dependencies.systemd.booted);
  }

  get isInstalled(): boolean {
    // A package has the units of the default state directory.
    const { product } = this.#dependencies;
    if (product.managedBy !== undefined && this.name === product.name) return true;
    return existsSync(join(this.#dependencies.systemd.units, `${this.name}.timer`));
  }

  /**
   * Writes and starts the timer; its first run is at once.
   *
   * @param command absolute path and arguments that call the agent.
   * @throws AgentRequestError for a path that a unit file cannot contain; ProcessError when systemd refuses.
   */
  async install(command: readonly string[], signal: AbortSignal): Promise<void> {
    const { product, stateDirectory, systemd } = this.#dependencies;
    // eslint-disable-next-line no-control-regex -- a unit file ends a setting at a line break.
    if ([...command, stateDirectory].some((word) => /[\u0000-\u001f]/.test(word)))
      throw new AgentRequestError("Cannot install the service: a path contains a control character");
    const { service, timer } = renderService(product.name, stateDirectory, command);
    await mkdir(systemd.units, { recursive: true });
    for (const { name, content } of [service, timer])
      await writeFileAtomically(join(systemd.units, name), content, { mode: 0o644 });
    await this.#systemctl("read its units again", ["daemon-reload"], signal);
    await this.#systemctl("enable the agent's timer", ["enable", "--quiet", timer.name], signal);
    await this.#systemctl("start the agent's timer", ["restart", timer.name], signal);
  }

  /** Stops and deletes the units. Nothing happens when they are not there. */
  async remove(signal: AbortSignal): Promise<void> {
    const { units } = this.#dependencies.systemd;
    // The timer first, so that it does not start its service again.
    const names = ["timer", "service"].map((type) => `${this.name}.${type}`);
    const present = names.filter((name) => existsSync(join(units, name)));
    if (present.length === 0) return;
    if (this.isPossible) await this.#systemctl("stop the agent's service", ["stop", ...present], signal);
    for (const name of names) {
      await rm(join(units, WANTED_BY, name), { force: true });
      await rm(join(units, name), { force: true });
    }
    if (!this.isPossible) return;
    await this.#systemctl("read its units again", ["daemon-reload"], signal);
    // Fails for units that have not failed.
    await this.#run("forget failures", ["reset-failed", ...names], signal);
  }

  /** Names of other agents' service files, for other state directories. */
  async others(): Promise<readonly string[]> {
    const names = await readdir(this.#dependencies.systemd.units).catch(() => []);
    const own = new RegExp(`^${this.#dependencies.product.name}(-[0-9a-f]{8})?\\.service$`);
    return names.filter((name) => own.test(name) && name !== `${this.name}.service`);
  }

  #systemctl(action: string, words: readonly string[], signal: AbortSignal): Promise<string> {
    const { run } = this.#dependencies;
    return runOrFail(run, ["systemctl", ...words], {
      action: `let systemd ${action}`,
      limitMs: LIMIT_MS,
      signal,
    });
  }

  #run(action: string, words: readonly string[], signal: AbortSignal) {
    return this.#dependencies.run(["systemctl", ...words], { action, limitMs: LIMIT_MS, signal });
  }
}
