import type { Logger } from "charm-kit";
import type { ScaleSetClient } from "scale-set-client";
import { FormerScaleSets, type FormerJobs } from "./former-scale-sets.ts";
import { tryScaleSet, type ScaleSetContext } from "./scale-set-errors.ts";
import type { ScaleSetLedger } from "./scale-set-ledger.ts";
import { registerInScaleSet, type RegisteredRunner } from "./scale-set-registration.ts";

export interface LeftScaleSetsDependencies {
  readonly client: ScaleSetClient;
  readonly ledger: ScaleSetLedger;
  /** Address of the path, such as `https://github.com/octo`. */
  readonly scope: string;
  readonly context: ScaleSetContext;
  readonly log: Logger;
}

/**
 * The scale sets of a path that the unit has left: runners are registered for the jobs that they have, and each is deleted
 * with its last job. All methods throw a `GithubError`, or the signal's reason when it is aborted.
 */
export class LeftScaleSets {
  readonly #dependencies: LeftScaleSetsDependencies;
  readonly #former: FormerScaleSets;

  constructor(dependencies: LeftScaleSetsDependencies) {
    this.#dependencies = dependencies;
    this.#former = new FormerScaleSets({ ...dependencies, isLeft: true });
  }

  /** The jobs that they have. Deletes those that have none any more. */
  figures(signal: AbortSignal): Promise<FormerJobs> {
    return this.#try("read a former scale set", () => this.#former.figures(signal));
  }

  /** Registers a runner for one of the jobs. The request is never repeated; a registration of a lost answer is deleted. */
  register(name: string, signal: AbortSignal): Promise<RegisteredRunner> {
    const { client } = this.#dependencies;
    const create = (id: number) => client.createRunner(id, { name }, signal);
    return registerInScaleSet(
      client,
      name,
      (action) => this.#try(action, () => this.#former.register(undefined, signal, create), name),
      signal,
    );
  }

  /**
   * Makes sure that a runner can be registered for one of the jobs, without one: its registration is deleted again. One that a
   * killed process leaves is deleted as any without an instance.
   *
   * @param name used for nothing else.
   */
  async checkRegistration(name: string, signal: AbortSignal): Promise<void> {
    const { id } = await this.register(name, signal);
    await this.#try("delete the registration of an attempt", () =>
      this.#dependencies.client.deleteRunner(id, signal),
    );
  }

  /** For a unit that has no scale set any more: deletes those of which no job runs, so that their jobs wait for others. */
  async release(signal: AbortSignal): Promise<void> {
    await this.#try("delete a former scale set", () => this.#former.release(signal));
  }

  /** For a unit that is removed. */
  async deleteAll(signal: AbortSignal): Promise<void> {
    await this.#try("delete a former scale set", () => this.#former.deleteAll(signal));
  }

  close(): Promise<void> {
    return this.#dependencies.client.close();
  }

  #try<T>(action: string, work: () => Promise<T>, runner?: string): Promise<T> {
    return tryScaleSet(work, { ...this.#dependencies.context, action, runner });
  }
}
