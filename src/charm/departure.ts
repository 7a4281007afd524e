import { rm, rmdir } from "node:fs/promises";
import { dirname } from "node:path";
import type { Firewall, Images, Premises, Timers } from "../runners/ports.ts";
import type { RunnerManager } from "../runners/runner-manager.ts";

/** The services that a unit leaves by. */
export interface DepartureParts {
  readonly timers: Timers;
  readonly manager: RunnerManager;
  readonly images: Images;
  readonly firewall: Firewall;
  readonly premises: Premises;
  readonly dataDirectory: string;
  readonly close: () => Promise<void>;
}

/** A unit's last work. It needs no usable configuration: what stands on LXD goes even when GitHub is out of reach. */
export class Departure {
  readonly #parts: DepartureParts;

  constructor(parts: DepartureParts) {
    this.#parts = parts;
  }

  /** Ends all runners, those with a job too, and lets no timer start new ones. */
  async endAll(signal: AbortSignal): Promise<void> {
    await this.#parts.timers.remove(signal);
    await this.#parts.manager.flushAll("force", signal);
  }

  /** Takes away everything that the unit has made. */
  async remove(signal: AbortSignal): Promise<void> {
    const { images, firewall, premises, dataDirectory } = this.#parts;
    await this.endAll(signal);
    await images.prune(undefined, signal);
    await firewall.remove(signal);
    await premises.remove(signal);
    await rm(dataDirectory, { recursive: true, force: true });
    // Shared by the units of a machine: it goes with the last of them.
    await rmdir(dirname(dataDirectory)).catch(() => undefined);
  }

  close(): Promise<void> {
    return this.#parts.close();
  }
}
