import { rm, rmdir } from "node:fs/promises";
import { dirname } from "node:path";
import type { Host } from "../host/host.ts";
import type { LogRotation } from "../metrics/log-rotation.ts";
import type { Images, RunnerMetrics } from "../runners/ports.ts";
import type { Firewall, Infrastructure, ServerLogs, Timers } from "./ports.ts";
import type { LogKeeper } from "../runners/log-keeper.ts";
import type { RunnerManager } from "../runners/runner-manager.ts";
import { messageOf, type Logger } from "charm-kit";

/** The services that a teardown uses. */
export interface TeardownDependencies {
  /** Whether LXD is installed on the machine. */
  readonly hasLxd: boolean;
  readonly log: Logger;
  readonly timers: Timers;
  /** Ends the unit's runner service. */
  readonly endService: (signal: AbortSignal) => Promise<void>;
  readonly manager: RunnerManager;
  readonly host: Host;
  readonly images: Images;
  readonly firewall: Firewall;
  readonly infrastructure: Infrastructure;
  readonly metrics: RunnerMetrics;
  readonly rotation: LogRotation;
  readonly logs: LogKeeper;
  readonly serverLogs: ServerLogs;
  /** Deletes the unit's scale set, if it has one. */
  readonly deleteScaleSet: (signal: AbortSignal) => Promise<void>;
  readonly dataDirectory: string;
  readonly close: () => Promise<void>;
}

/** Removes a unit from its machine. Works without a valid configuration and without GitHub. */
export class Teardown {
  readonly #dependencies: TeardownDependencies;

  constructor(dependencies: TeardownDependencies) {
    this.#dependencies = dependencies;
  }

  /** Removes the timers and all runners, busy ones too. */
  async endAll(signal: AbortSignal): Promise<void> {
    const { endService, hasLxd, log, manager, timers } = this.#dependencies;
    await timers.remove(signal);
    await endService(signal);
    // A hook that fails forever would block the removal of a unit that never had LXD.
    if (hasLxd) await manager.flushAll("force", signal);
    else log.warning("Cannot remove instances: LXD is not installed on this machine");
    await this.#deleteScaleSet(signal);
  }

  /** Best effort: GitHub deletes a scale set that is not used. */
  async #deleteScaleSet(signal: AbortSignal): Promise<void> {
    const { deleteScaleSet, log } = this.#dependencies;
    await deleteScaleSet(signal).catch((thrown: unknown) => {
      signal.throwIfAborted();
      log.warning("Cannot delete the scale set", { reason: messageOf(thrown) });
    });
  }

  /** Removes everything that the unit created. */
  async remove(signal: AbortSignal): Promise<void> {
    const { hasLxd, host, log, metrics, logs, dataDirectory } = this.#dependencies;
    await this.endAll(signal);
    const kept = hasLxd ? await this.#removeFromLxd(signal) : [];
    await metrics.remove(signal);
    await logs.remove();
    await host.remove(signal);
    if (kept.length > 0) {
      log.warning("Keeping resources that others use", {
        kept: kept.join(", "),
        dataDirectory,
      });
      return;
    }
    await rm(dataDirectory, { recursive: true, force: true });
    await this.#removeShared();
  }

  /** @returns what instances of others use, and stays. */
  async #removeFromLxd(signal: AbortSignal): Promise<readonly string[]> {
    const { images, firewall, infrastructure, serverLogs } = this.#dependencies;
    await images.prune([], signal);
    await serverLogs.remove(signal);
    const acl = await firewall.remove(signal);
    return [...acl, ...(await infrastructure.remove(signal))];
  }

  /** The last unit on the machine also removes the shared files. */
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
