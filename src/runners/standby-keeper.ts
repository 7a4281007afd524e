import { withDeadline, type Clock, type Logger } from "charm-kit";
import type { Fleet } from "./creations.ts";
import type { Patience } from "./plan.ts";
import type {
  FreezeOutcome,
  Lock,
  MachineList,
  Machines,
  RunnerImage,
  RunnerMetrics,
  StandbyMachine,
} from "./ports.ts";
import type { RunnerNames } from "./runner-name.ts";
import { isAlive } from "./world.ts";

export interface StandbyKeeperDependencies {
  readonly machines: Machines;
  readonly metrics: Pick<RunnerMetrics, "share">;
  readonly lock: Lock;
  readonly clock: Clock;
  readonly log: Logger;
  /** Random hexadecimal digits, at least 12, different at each call. */
  readonly entropy: () => string;
}

export interface StandbyKeeperOptions {
  readonly names: RunnerNames;
  readonly patience: Patience;
  /** Milliseconds after which a standby instance is replaced. */
  readonly idleLifetimeMs: number;
  /** Whether standby instances are frozen once they wait for their payload. @default false */
  readonly freezesStandby?: boolean;
}

/** What a step towards the wanted standby instances has come to. */
export interface StandbyStep {
  /** Number of live standby instances, as far as this process knows. */
  readonly standby: number;
  /** Whether nothing is left to do. */
  readonly isDone: boolean;
}

/** Makes standby instances, one at a time. LXD's list alone decides, so that a killed process leaves nothing unknown. */
export class StandbyKeeper {
  readonly #dependencies: StandbyKeeperDependencies;
  readonly #options: StandbyKeeperOptions;

  constructor(dependencies: StandbyKeeperDependencies, options: StandbyKeeperOptions) {
    this.#dependencies = dependencies;
    this.#options = options;
  }

  /**
   * Makes one instance, or lets one rest.
   *
   * @param choose called with the lock held.
   * @param interruption ends the wait for a system that boots; a later step waits for it again.
   */
  async step(
    choose: (images: readonly RunnerImage[], signal: AbortSignal) => Promise<Fleet>,
    interruption: AbortSignal,
    signal: AbortSignal,
  ): Promise<StandbyStep> {
    const { lock } = this.#dependencies;
    const make = async () => {
      const listed = await this.#list(signal);
      return this.#makeOne(listed, await choose(listed.images, signal), signal);
    };
    const { standby, booting, isDone } = await lock.run(make, signal);
    if (booting === undefined) return { standby, isDone };
    try {
      await this.#awaitOne(booting, AbortSignal.any([signal, interruption]));
    } catch (thrown) {
      signal.throwIfAborted();
      if (interruption.aborted) return { standby, isDone: false };
      await lock.run(() => this.#discard(booting, signal), signal);
      throw thrown;
    }
    const frozen = await lock.run(() => this.#freeze(booting, signal), signal);
    return { standby, isDone: frozen === "refused" };
  }

  async #makeOne(
    listed: MachineList,
    fleet: Fleet,
    signal: AbortSignal,
  ): Promise<StandbyStep & { readonly booting?: StandbyMachine | undefined }> {
    const standby = listed.standby.filter(isAlive).length;
    if (missingStandby(listed, fleet) > 0) {
      await this.#launch(fleet, signal);
      return { standby: standby + 1, isDone: false };
    }
    const booting = this.#options.freezesStandby === true ? bootingStandby(listed, fleet) : undefined;
    return { standby, booting, isDone: booting === undefined };
  }

  async #launch(fleet: Fleet, signal: AbortSignal): Promise<void> {
    const { clock, entropy, log, machines, metrics } = this.#dependencies;
    const { idleLifetimeMs, names } = this.#options;
    const name = names.next(entropy());
    const startedAt = clock.now();
    const { image: template, profiles } = await fleet.create(signal);
    const share = await metrics.share(name, signal);
    const { configHash } = fleet;
    const deadline = startedAt + idleLifetimeMs;
    await machines.launchStandby({ name, template, profiles, configHash, deadline, share }, signal);
    log.info("Standby instance is started", { instance: name, seconds: (clock.now() - startedAt) / 1000 });
  }

  #awaitOne({ name }: StandbyMachine, signal: AbortSignal): Promise<void> {
    const { startUpMs } = this.#options.patience;
    return withDeadline(`wait for standby instance '${name}'`, startUpMs, signal, (limited) =>
      this.#dependencies.machines.awaitStandby(name, limited),
    );
  }

  /** One that does not come up is of no use. */
  async #discard({ name }: StandbyMachine, signal: AbortSignal): Promise<void> {
    if (await this.#isOnStandby(name, signal)) await this.#dependencies.machines.destroy(name, signal);
  }

  /** A runner may have taken it meanwhile. */
  async #freeze({ name }: StandbyMachine, signal: AbortSignal): Promise<FreezeOutcome> {
    if (!(await this.#isOnStandby(name, signal))) return "done";
    return this.#dependencies.machines.freeze(name, signal);
  }

  async #isOnStandby(name: string, signal: AbortSignal): Promise<boolean> {
    return (await this.#list(signal)).standby.some((each) => each.name === name);
  }

  async #list(signal: AbortSignal): Promise<MachineList> {
    const { runners, standby, images } = await this.#dependencies.machines.list(signal);
    const owned = ({ name }: { readonly name: string }) => this.#options.names.owns(name);
    return { runners: runners.filter(owned), standby: standby.filter(owned), images };
  }
}

type StandbyFleet = Pick<Fleet, "count" | "replacement" | "standby" | "configHash">;

/** Whether a step would find nothing to do: no instance to make, and none to let rest. Pure. */
export function isStandbyComplete(
  listed: Omit<MachineList, "images">,
  fleet: StandbyFleet,
  { freezesStandby = false }: Pick<StandbyKeeperOptions, "freezesStandby">,
): boolean {
  return missingStandby(listed, fleet) === 0 && !(freezesStandby && bootingStandby(listed, fleet));
}

/** One that is to rest as soon as it waits for its payload. */
function bootingStandby(
  { standby }: Pick<MachineList, "standby">,
  fleet: Pick<Fleet, "configHash">,
): StandbyMachine | undefined {
  return standby.find(({ state, configHash }) => state === "running" && configHash === fleet.configHash);
}

/** Number of standby instances that may be made: all instances count, whatever state they are in. Pure. */
export function missingStandby(
  { runners, standby }: Omit<MachineList, "images">,
  { count, replacement, standby: wanted = 0, configHash }: StandbyFleet,
): number {
  const usable = standby.filter((machine) => isAlive(machine) && machine.configHash === configHash);
  const room = count + (replacement?.most ?? 0) + wanted - runners.length - standby.length;
  return Math.max(0, Math.min(wanted - usable.length, room));
}
