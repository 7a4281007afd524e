import { MemberEvacuatedError } from "./evacuation.ts";
import { firewallRules } from "./firewall-rules.ts";
import type { ClusterMembership } from "./ports.ts";
import { replacementsOf } from "./room.ts";
import type { WorkloadDependencies } from "./workload-dependencies.ts";

/** What the machine can hold. */
export interface Room {
  /** Number of runners. */
  readonly runners: number;
  /** Number of runners beyond them, in place of lost ones. */
  readonly replacements: number;
  /** Number of standby instances beside all wanted runners, as far as pool and network decide. */
  readonly standby: number;
}

export const NO_ROOM: Room = { runners: 0, replacements: 0, standby: 0 };

/** What the machine is ready for, and what a person should know of it. */
export interface Readiness {
  readonly room: Room;
  readonly notices: readonly string[];
}

/** Nothing can be created on the machine: it is a member of an LXD cluster, and evacuated. */
export interface Evacuation {
  /** Name of the member. */
  readonly member: string;
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
  readonly cluster: ClusterMembership;
}

/** Makes the machine ready for runners: kernel, pool, bridge, profiles and firewall. */
export class MachinePreparation {
  readonly #dependencies: MachinePreparationDependencies;

  constructor(dependencies: MachinePreparationDependencies) {
    this.#dependencies = dependencies;
  }

  /** Safe to repeat, and after a kill at any point. */
  prepare(signal: AbortSignal): Promise<Readiness | Evacuation> {
    return this.#dependencies.readyLock.run(async () => {
      const { cluster, images } = this.#dependencies;
      // GitHub first: invalid credentials are reported before anything is created, and where LXD is missing, too.
      await images.updateApplication(false, signal);
      const member = await cluster.evacuatedMember(signal);
      return member === undefined ? this.#prepareAll(signal) : { member };
    }, signal);
  }

  /** Like {@link prepare}, for what an image is built with. @throws {@link MemberEvacuatedError} */
  async prepareBuild(signal: AbortSignal): Promise<Readiness> {
    const prepared = await this.prepare(signal);
    if ("member" in prepared) throw new MemberEvacuatedError(prepared.member);
    return prepared;
  }

  async #prepareAll(signal: AbortSignal): Promise<Readiness> {
    const { cluster, configuration, firewall, host, infrastructure, rotation, step, integrations } =
      this.#dependencies;
    const { count, processes, resources } = configuration;
    const standby = count === 0 ? 0 : configuration.standby;
    // Outside a cluster, no member can be lost.
    const may = replacementsOf(configuration);
    const replacements = may > 0 && (await cluster.isMember(signal)) ? may : 0;
    const need = {
      runners: count + replacements + standby,
      processes,
      virtualMachines: configuration.instanceType === "virtual-machine",
    };
    const notices = await host.prepare(need, step, signal);
    const capacity = { count, replacements, standby, processes, resources };
    const ensured = infrastructure.ensure(capacity, signal);
    const closed = firewall.ensure(firewallRules(configuration, integrations), signal, ensured);
    const works = [ensured, closed, rotation.ensure(signal)] as const;
    // None of them goes on in the background when another one has failed.
    await Promise.allSettled(works);
    const [found, waiting] = await Promise.all(works);
    const room = {
      runners: found.count,
      replacements: found.replacements ?? 0,
      standby: found.standby,
    };
    return { room, notices: [...notices, ...found.notices, ...waiting] };
  }
}
