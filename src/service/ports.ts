import type { StandbyStep } from "../runners/standby-keeper.ts";
import type { RunnerCounts } from "../runners/observed-runner.ts";
import type { ImageState } from "../unit/service-status.ts";
import type { ServiceSettings } from "../unit/service-settings.ts";

/** The result of one round of the service. */
export interface Round {
  readonly counts: RunnerCounts;
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
  readonly image: ImageState;
}

/** How one round works. */
export interface RoundOptions {
  /** Also checks what runners stand on: pool, bridge, firewall, kernel limits. Without it, the runners alone. */
  readonly isWhole: boolean;
  /** Most creations. @default as many as are missing */
  readonly mostCreations?: number | undefined;
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

/** Opens the work of a unit. */
export type OpenWork = (settings: ServiceSettings) => ServiceWork;

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

/** LXD's lifecycle events of instances, from the moment that the stream is open. */
export interface InstanceChanges {
  /**
   * @param onOpen called when LXD sends events: earlier changes are in its lists alone.
   * @throws the error that ended the stream, the signal's reason.
   */
  follow(onOpen: () => void, onChange: (change: InstanceChange) => void, signal: AbortSignal): Promise<void>;
}
