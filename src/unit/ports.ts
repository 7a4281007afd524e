import type { Address } from "../network/address.ts";
import type { Network } from "../network/network.ts";
import type { MachineResources } from "../runners/ports.ts";

/** Where the runners' disks are stored. Option `runner-storage`. */
export type RunnerStorage = "juju-storage" | "memory";

/** What a unit's infrastructure must hold at a time. */
export interface RunnerCapacity {
  /** Number of runners. */
  readonly count: number;
  /** Number of runners beyond them, in place of lost ones, as far as there is room. @default none */
  readonly replacements?: number | undefined;
  /** Number of standby instances beside all of them, as far as there is room. */
  readonly standby: number;
  /** Most processes and threads of each, if it is a container. */
  readonly processes: number;
  /** Of each runner. */
  readonly resources: MachineResources;
}

/** The unit's bridge, as it is listed. */
export interface ListedBridge {
  readonly name: string;
  readonly config: Readonly<Record<string, string>>;
}

/** What of a unit's capacity its machine provides. */
export interface InfrastructureReport {
  /** Number of runners that it can hold: at most the wanted number, and at least 1 when runners are wanted. */
  readonly count: number;
  /** Number of runners that it can hold beyond the wanted number: at most the wanted replacements. @default none */
  readonly replacements?: number | undefined;
  /** Number of standby instances that it can hold beside all these runners: at most the wanted number. */
  readonly standby: number;
  /** Why it holds fewer than wanted, and features that it lacks and that runners can work without; each a short text. */
  readonly notices: readonly string[];
  /** The bridge, as it was read and found right. @default it was not there, or was changed */
  readonly bridge?: ListedBridge | undefined;
}

/** Storage pool, bridge and profiles for a unit's instances. They belong to this unit alone. */
export interface Infrastructure {
  /**
   * Creates missing parts. Safe to repeat, and after a kill at any point.
   *
   * @throws when there is no room for a single one of the wanted runners.
   */
  ensure(capacity: RunnerCapacity, signal: AbortSignal): Promise<InfrastructureReport>;
  /** The profiles of a runner of these resources, in the order in which they apply. */
  profiles(resources: MachineResources): readonly string[];
  /** The machine's IPv4 address on the runners' bridge; undefined without a bridge. */
  gateway(signal: AbortSignal): Promise<string | undefined>;
  /** Fails when LXD does not answer. */
  check(signal: AbortSignal): Promise<void>;
  /**
   * Deletes all parts. The unit's instances and images must be gone.
   *
   * @returns parts that instances of others use, and that stay, each as a short text.
   */
  remove(signal: AbortSignal): Promise<readonly string[]>;
}

/** An address and a TCP port of it. */
export interface Endpoint {
  readonly address: Address;
  readonly port: number;
}

/** What an operator forbids runners beside what no runner may. */
export interface FirewallRules {
  /** Networks that runners must not reach. */
  readonly denied: readonly Network[];
  /** What they may reach in these networks all the same. */
  readonly exceptions: readonly Endpoint[];
  /** TCP port of the machine's address on their bridge that runners may reach. @default none */
  readonly machinePort?: number;
}

/**
 * What stands between the unit's runners and everything else. Whatever the rules are, runners reach neither their
 * machine, but DHCP and DNS of their bridge, nor other runners, link-local addresses and IPv6; and nothing reaches them.
 */
export interface Firewall {
  /**
   * Makes the rules what they should be, on the bridge of the unit's infrastructure. Costs next to nothing where they are; safe
   * to repeat, and after a kill at any point. Connections that stand when a network becomes denied go on.
   *
   * @param infrastructure what comes of the infrastructure, which a caller looks at at the same time; rules are set after it,
   *   and the bridge of it is not read again. @default it is there
   * @returns changes that wait while the rules are no looser than wanted, as short texts.
   * @throws the error of `infrastructure`.
   */
  ensure(
    rules: FirewallRules,
    signal: AbortSignal,
    infrastructure?: Promise<Pick<InfrastructureReport, "bridge">>,
  ): Promise<readonly string[]>;
  /** Takes it away. Nothing may run on the bridge any more; the bridge itself may be gone. Returns what others use, and stays. */
  remove(signal: AbortSignal): Promise<readonly string[]>;
}

/** Logs that LXD writes about the unit's instances, and leaves when an instance is gone. Best effort. */
export interface ServerLogs {
  /** Deletes those of instances that have been gone for an hour. */
  sweep(signal: AbortSignal): Promise<void>;
  /** Deletes those of all instances that are gone. */
  remove(signal: AbortSignal): Promise<void>;
}

/** The machine's part in an LXD cluster. */
export interface ClusterMembership {
  /** Whether the machine's LXD is a member of a cluster. */
  isMember(signal: AbortSignal): Promise<boolean>;
  /**
   * Name of the machine's member while it is evacuated: LXD creates and starts no instance there then. undefined otherwise,
   * and for an LXD that stands alone.
   */
  evacuatedMember(signal: AbortSignal): Promise<string | undefined>;
}

/** When an event is dispatched: again and again with a pause between, or by the calendar. */
export type Schedule =
  | {
      /** From the end of one run to the start of the next. */
      readonly everySeconds: number;
      /** Most of a random delay that is added each time. */
      readonly delaySeconds: number;
    }
  | {
      /** As systemd writes it. */
      readonly calendar: string;
    };

/** An event of the charm's own that is dispatched by the clock. */
export interface Timer {
  readonly event: string;
  readonly schedule: Schedule;
}

/**
 * Whether timers fire: `stopped` ones can be started again; `no-systemd` and `no-dispatcher` (nothing on the machine
 * dispatches events to the unit) name what the machine lacks for them.
 */
export type TimerState = "running" | "stopped" | "no-systemd" | "no-dispatcher";

/** Dispatches events of this unit by the clock, also after a reboot; no event twice at a time. */
export interface Timers {
  /** Makes these timers of the unit, and no others, fire. Safe to repeat, and after a kill at any point. */
  ensure(timers: readonly Timer[], signal: AbortSignal): Promise<TimerState>;
  /** Tells whether all of these fire; changes nothing. */
  check(timers: readonly Timer[], signal: AbortSignal): Promise<TimerState>;
  /** Takes all timers of the unit away. */
  remove(signal: AbortSignal): Promise<void>;
}

/** Whether the runner service works: `started` just now, or `no-systemd` where nothing on the machine keeps it running. */
export type ServiceState = "running" | "started" | "no-systemd";

/** Keeps the unit's runner service running, also after a reboot and a crash. */
export interface ServiceSupervisor {
  /**
   * Makes the service run this command. Safe to repeat, and after a kill at any point. A service that runs another command
   * is started anew; its runners go on.
   */
  ensure(command: readonly string[], signal: AbortSignal): Promise<ServiceState>;
  /** Starts a running service anew, for another program at the same path; its runners go on. */
  restart(signal: AbortSignal): Promise<void>;
  /** Ends the service and removes it from the machine. */
  remove(signal: AbortSignal): Promise<void>;
}

/** A job that waits for a runner, as GitHub's REST API lists it. */
export interface QueuedJob {
  readonly id: number;
  /** Such as `octo/hello`. */
  readonly repository: string;
  /** Of the job in its workflow. */
  readonly name: string;
  /** The job's `runs-on`. */
  readonly labels: readonly string[];
  /** Milliseconds since the Unix epoch. */
  readonly queuedAt: number;
}

/** What GitHub's REST API shows of the queue. GitHub has no list of all queued jobs: this is a part of them. */
export interface QueueReading {
  /** The oldest first. */
  readonly jobs: readonly QueuedJob[];
  /** The repositories whose jobs were read, such as `octo/hello`. */
  readonly repositories: readonly string[];
  /** Why jobs may be missing, each a short text. */
  readonly gaps: readonly string[];
}

/** Which jobs GitHub lets the runners of a group have. */
export interface GroupRules {
  readonly name: string;
  /** Repositories, or organisations in a group of an enterprise, in lower case. @default all */
  readonly members?: readonly string[] | undefined;
  readonly allowsPublic: boolean;
  /** Workflows that alone may use the group, such as `octo/hello/.github/workflows/ci.yml@main`. @default all */
  readonly workflows?: readonly string[] | undefined;
}

/** The queue of a path, as GitHub's REST API shows it. Cheap: requests are conditional, and their number is bounded. */
export interface QueueSource {
  /**
   * Reads the jobs that wait in the recently active repositories of the path.
   *
   * @param known repositories that have had jobs, such as `octo/hello`, the last one first.
   * @throws the error of GitHub when it answers nothing at all.
   */
  read(known: readonly string[], signal: AbortSignal): Promise<QueueReading>;
  /** @returns undefined where the group has no rules, as in a repository. */
  groupRules(signal: AbortSignal): Promise<GroupRules | undefined>;
  /** Whether a repository is public; undefined where it cannot be read. */
  isPublic(repository: string, signal: AbortSignal): Promise<boolean | undefined>;
}
