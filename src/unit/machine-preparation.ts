import { MemberEvacuatedError } from "./evacuation.ts";
import { firewallRules } from "./firewall-rules.ts";
import type { ClusterMembership } from "./ports.ts";
import type { WorkloadDependencies } from "./workload-dependencies.ts";

/** What the machine can hold. */
export interface Room {
  /** Number of runners. */
  readonly runners: number;
  /** Number of standby instances beside all wanted runners, as far as pool and network decide. */
  readonly standby: number;
}

export const NO_ROOM: Room = { runners: 0, standby: 0 };

/** What the machine is ready for, and what a person should know of it. */
export interface Readiness {
  readonly room: Room;
  readonly notices: readonly string[];
}

interface MachinePreparationDependencies extends Pick<
  WorkloadDependencies,
  | "configuration"
  | "firewall"
  | "host"
  | "images"
  | "infrastructure"
  | "integrations"
  | "readyLock"
  | "rotation"
  | "step"
> {
  readonly cluster: Pick<ClusterMembership, "evacuatedMember">;
}

/** Makes the machine ready for runners: kernel, pool, bridge, profiles and firewall. */
export class MachinePreparation {
  readonly #dependencies: MachinePreparationDependencies;

  constructor(dependencies: MachinePreparationDependencies) {
    this.#dependencies = dependencies;
  }

  /** Name of the machine's member of an LXD cluster while it is evacuated. As {@link prepare}, asks GitHub before LXD. */
  async evacuatedMember(signal: AbortSignal): Promise<string | undefined> {
    const { cluster, images, readyLock } = this.#dependencies;
    await readyLock.run(() => images.updateApplication(false, signal), signal);
    return cluster.evacuatedMember(signal);
  }

  /** Safe to repeat, and after a kill at any point. */
  prepare(signal: AbortSignal): Promise<Readiness> {
    return this.#dependencies.readyLock.run(() => this.#prepareAll(signal), signal);
  }

  /** Like {@link prepare}, for what an image is built with. @throws {@link MemberEvacuatedError} */
  async prepareBuild(signal: AbortSignal): Promise<Readiness> {
    const member = await this.evacuatedMember(signal);
    if (member !== undefined) throw new MemberEvacuatedError(member);
    return this.prepare(signal);
  }

  async #prepareAll(signal: AbortSignal): Promise<Readiness> {
    const { configuration, firewall, host, images, infrastructure, rotation, step, integrations } =
      this.#dependencies;
    // GitHub first: invalid credentials are reported before anything is created.
    await images.updateApplication(false, signal);
    const { count, processes, resources } = configuration;
    const standby = count === 0 ? 0 : configuration.standby;
    const need = {
      runners: count + standby,
      processes,
      virtualMachines: configuration.instanceType === "virtual-machine",
    };
    const notices = await host.prepare(need, step, signal);
    const ensured = infrastructure.ensure({ count, standby, processes, resources }, signal);
    const closed = firewall.ensure(firewallRules(configuration, integrations), signal, ensured);
    const works = [ensured, closed, rotation.ensure(signal)] as const;
    // None of them goes on in the background when another one has failed.
    await Promise.allSettled(works);
    const [found, waiting] = await Promise.all(works);
    const room = { runners: found.count, standby: found.standby };
    return { room, notices: [...notices, ...found.notices, ...waiting] };
  }
}
