import type { Standing } from "../metrics/standing.ts";
import type { StandbyStep } from "../runners/standby-keeper.ts";
import type { RunnerCounts, RunnerState } from "../runners/observed-runner.ts";
import type { ImageState, JobDemand } from "../unit/service-status.ts";
import type { ServiceSettings } from "../unit/service-settings.ts";
import type { ReplanReasons } from "../unit/replan-reasons.ts";

/** The result of one round of the service. */
export interface Round {
  readonly counts: RunnerCounts;
  readonly runners: readonly RunnerState[];
  /** Number of runners that the round created. */
  readonly created: number;
  readonly failures: readonly Error[];
  /** Those of `failures` that keep no runner from being created. */
  readonly ofRemovals: readonly Error[];
  /** Problems that do not stop the unit. */
  readonly notices: readonly string[];
  /** Number of outdated runners that stay until one of their successors is online. */
  readonly waiting: number;
  /** Number of wanted runners that the machine can hold; undefined if it was not looked at. */
  readonly capacity: number | undefined;
  /** Number of runners that the machine can hold, at most all wanted ones. @default it was not looked at */
  readonly room?: number | undefined;
  /** Number of wanted runners beyond the configured ones, in place of those of other units that were lost. @default none */
  readonly replacing?: number | undefined;
  /** Name of the machine's member of an LXD cluster while it is evacuated. @default it is not */
  readonly evacuated?: string | undefined;
  readonly image: ImageState;
  /** Number of jobs of former scale sets that wait or run. @default none */
  readonly formerJobs?: number | undefined;
  /** How the unit stands against its objective in this month. */
  readonly standing?: Standing | undefined;
  /** The jobs that GitHub counts for the unit. @default none: the number of runners is fixed */
  readonly demand?: JobDemand | undefined;
}

/** How one round works. */
export interface RoundOptions {
  /** Also checks what runners stand on: pool, bridge, firewall, kernel limits. Without it, the runners alone. */
  readonly isWhole: boolean;
  /** Most creations. @default as many as are missing */
  readonly mostCreations?: number | undefined;
  /** Only removes what has ended: a person must mend the settings before anything is created. @default false */
  readonly isPaused?: boolean;
  /** @default none: the round only waits for the runners that it creates */
  readonly replanReasons?: ReplanReasons | undefined;
}

/** What the service does for its unit, opened for one revision of the settings. */
export interface ServiceWork {
  /** Creates and removes runners until they match the settings. */
  round(options: RoundOptions, signal: AbortSignal): Promise<Round>;
  /**
   * Takes the next step towards the wanted standby instances.
   *
   * @param interruption ends the wait for a system that boots: something more important has come.
   */
  makeUpStandby(interruption: AbortSignal, signal: AbortSignal): Promise<StandbyStep>;
  close(): Promise<void>;
}

/** Jobs and runners of a scale set, as GitHub counts them. */
export interface DemandFigures {
  /** Jobs that want a runner, those that run included. */
  readonly assigned: number;
  readonly running: number;
  /** Registered runners without a job that are online. */
  readonly idle: number;
}

/** What a message tells of a job. */
export interface HeardJob {
  /** GitHub's number of it. */
  readonly id: number;
  readonly state: "waiting" | "running" | "ended";
  /** Such as `octo/hello`; undefined where GitHub does not tell it. */
  readonly repository: string | undefined;
  /** Milliseconds since the Unix epoch; undefined where GitHub does not tell it. */
  readonly queuedAt: number | undefined;
}

/** A batch of GitHub's messages. */
export interface DemandBatch {
  /** Grows with each batch. */
  readonly id: number;
  /** undefined where GitHub sends none. */
  readonly figures: DemandFigures | undefined;
  /** Jobs that are to be acquired. */
  readonly offered: readonly number[];
  /** When the jobs were queued that wait now, in milliseconds since the Unix epoch. */
  readonly queuedAt: readonly number[];
  /** What the messages tell of jobs, in their order. @default nothing */
  readonly jobs?: readonly HeardJob[];
  /** How long jobs that a runner has taken had been assigned to the scale set, in milliseconds. */
  readonly waits: readonly number[];
}

/** The session of a scale set, of which there is one at a time. */
export interface DemandSession {
  /** What GitHub told last; undefined where it has told nothing. */
  readonly figures: DemandFigures | undefined;
  /** Waits for the next batch; undefined when none comes within about a minute. */
  poll(
    options: { readonly lastMessageId: number; readonly capacity: number },
    signal: AbortSignal,
  ): Promise<DemandBatch | undefined>;
  /** A batch that was acted on does not come again. */
  acknowledge(batchId: number, signal: AbortSignal): Promise<void>;
  /**
   * Lets GitHub assign jobs that it offers.
   *
   * @returns why GitHub refuses to assign some of them; undefined where it assigns those that are still to be had.
   */
  acquire(jobs: readonly number[], signal: AbortSignal): Promise<string | undefined>;
  close(signal: AbortSignal): Promise<void>;
}

/** The unit's scale set at GitHub. */
export interface DemandSource {
  /** Finds the scale set, or makes it. */
  ensure(signal: AbortSignal): Promise<number>;
  /** Opens its session; fails beside one that lives. */
  open(signal: AbortSignal): Promise<DemandSession>;
  /** Reads its jobs and runners; undefined when GitHub has deleted it. */
  figures(signal: AbortSignal): Promise<DemandFigures | undefined>;
}

/** Opens the work of a unit. @param step told of each step. */
export type OpenWork = (settings: ServiceSettings, step: (message: string) => void) => ServiceWork;

/** The settings on the machine. */
export interface SettingsSource {
  /** @throws `ServiceSettingsError`. */
  read(): Promise<ServiceSettings>;
}

/** A hook that the service asks for: `update-status` shows the status, `reconcile-runners` builds an image as well. */
export type HookRequest = "update-status" | "reconcile-runners";

/** Lets the unit's status follow. */
export interface StatusRefresh {
  /** Asks for a hook; never waits for it. */
  ask(settings: ServiceSettings, hook: HookRequest): void;
}

/** A change of an instance, as LXD tells of it. */
export interface InstanceChange {
  /** LXD's name of the change, such as `instance-deleted`. */
  readonly action: string;
  readonly instance: string;
}

/** A change of the unit's pool, bridge, profiles or network ACL, as LXD tells of it. */
export interface InfrastructureChange {
  /** LXD's name of the change, such as `network-updated`. */
  readonly action: string;
}

/** An evacuation of the machine's member of an LXD cluster, or its return, or a part of either. */
export interface MemberChange {
  /** LXD's words for it, such as `Evacuating cluster member`. */
  readonly action: string;
  readonly member: string;
}

export type UnitChange = InstanceChange | InfrastructureChange | MemberChange;

/** LXD's events of instances, of what the unit's instances stand on, and of the machine's part in a cluster, from the moment that the stream is open. */
export interface UnitChanges {
  /**
   * @param onOpen called when LXD sends events: earlier changes are in its lists alone.
   * @throws the error that ended the stream, the signal's reason.
   */
  follow(onOpen: () => void, onChange: (change: UnitChange) => void, signal: AbortSignal): Promise<void>;
}
