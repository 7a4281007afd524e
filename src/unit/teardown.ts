import { rm, rmdir } from "node:fs/promises";
import { dirname } from "node:path";
import type { Host } from "../host/host.ts";
import type { LogRotation } from "../metrics/log-rotation.ts";
import type { Images, RunnerMetrics } from "../runners/ports.ts";
import type { Firewall, Infrastructure, Timers } from "./ports.ts";
import type { LogKeeper } from "../runners/log-keeper.ts";
import type { RunnerManager } from "../runners/runner-manager.ts";
import type { Logger } from "charm-kit";

/** The services that a unit leaves by. */
export interface TeardownDependencies {
  /** Whether there is an LXD on the machine that anything could be on. */
  readonly hasLxd: boolean;
  readonly log: Logger;
  readonly timers: Timers;
  readonly manager: RunnerManager;
  readonly host: Host;
  readonly images: Images;
  readonly firewall: Firewall;
  readonly infrastructure: Infrastructure;
  readonly metrics: RunnerMetrics;
  readonly rotation: LogRotation;
  readonly logs: LogKeeper;
  readonly dataDirectory: string;
  readonly close: () => Promise<void>;
}

/** A unit's last work. It needs no usable configuration: what stands on LXD goes even when GitHub is out of reach. */
export class Teardown {
  readonly #dependencies: TeardownDependencies;

  constructor(dependencies: TeardownDependencies) {
    this.#dependencies = dependencies;
  }

  /** Ends all runners, those with a job too, and lets no timer start new ones. */
  async endAll(signal: AbortSignal): Promise<void> {
    const { hasLxd, log, manager, timers } = this.#dependencies;
    await timers.remove(signal);
    // A hook that fails for ever would hold the unit on a machine where it never came to anything.
    if (hasLxd) await manager.flushAll("force", signal);
    else
      log.warning("Leaving without LXD, which is not on this machine: whatever was on it is left as it is");
  }

  /** Takes away everything that the unit has made. */
  async remove(signal: AbortSignal): Promise<void> {
    const { hasLxd, host, metrics, logs, dataDirectory } = this.#dependencies;
    await this.endAll(signal);
    if (hasLxd) await this.#removeFromLxd(signal);
    await metrics.remove(signal);
    await logs.remove();
    await host.remove(signal);
    await rm(dataDirectory, { recursive: true, force: true });
    await this.#removeShared();
  }

  async #removeFromLxd(signal: AbortSignal): Promise<void> {
    const { images, firewall, infrastructure } = this.#dependencies;
    await images.prune(undefined, signal);
    await firewall.remove(signal);
    await infrastructure.remove(signal);
  }

  /** What the units of a machine share goes with the last of them: the one that empties the directory of all. */
  async #removeShared(): Promise<void> {
    const { rotation, dataDirectory } = this.#dependencies;
    const isLast = await rmdir(dirname(dataDirectory)).then(
      () => true,
      () => false,
    );
    if (isLast) await rotation.remove();
  }

  close(): Promise<void> {
    return this.#dependencies.close();
  }
}
