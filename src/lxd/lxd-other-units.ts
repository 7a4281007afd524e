import type { LxdClient } from "lxd-client";
import { isOwned, KEYS, type Owner } from "./ownership.ts";

const INSPECT_MS = 10_000;

/** Runners of other units on the machine. */
export class LxdOtherUnits {
  readonly #client: LxdClient;
  readonly #owner: Owner;
  readonly #activityCommand: readonly [string, ...string[]];

  /** @param activityCommand command in the guest that prints the activity of its application. */
  constructor(client: LxdClient, owner: Owner, activityCommand: readonly [string, ...string[]]) {
    this.#client = client;
    this.#owner = owner;
    this.#activityCommand = activityCommand;
  }

  /** Whether any of them may have a job; a runner that cannot be inspected counts as busy. */
  async mayHaveJobs(signal: AbortSignal): Promise<boolean> {
    const { member } = await this.#client.server.info(signal);
    const instances = await this.#client.instances.list(undefined, signal);
    // A cluster lists those on its other machines too.
    const here = instances.filter(({ location }) => member === undefined || location === member);
    const others = here.filter(
      ({ config, status }) =>
        config[KEYS.role] === "runner" && !isOwned(config, this.#owner, "runner") && status !== "Stopped",
    );
    for (const { name } of others) if (await this.#mayHaveJob(name, signal)) return true;
    return false;
  }

  async #mayHaveJob(name: string, signal: AbortSignal): Promise<boolean> {
    try {
      const request = { command: this.#activityCommand, limitMs: INSPECT_MS, maxOutputBytes: 64 } as const;
      const activity = (await this.#client.exec.run(name, request, signal)).stdout.trim();
      return activity !== "waiting" && !activity.startsWith("ended ");
    } catch {
      signal.throwIfAborted();
      return true;
    }
  }
}
