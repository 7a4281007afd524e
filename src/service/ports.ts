import type { RunnerCounts } from "../runners/observed-runner.ts";
import type { ServiceSettings } from "../unit/service-settings.ts";

/** The result of one round of the service. */
export interface Round {
  readonly counts: RunnerCounts;
  /** Number of runners that the round created. */
  readonly created: number;
  readonly failures: readonly Error[];
  /** Problems that do not stop the unit. */
  readonly notices: readonly string[];
  /** Number of outdated runners that stay until one of their successors is online. */
  readonly waiting: number;
}

/** What the service does for its unit, opened for one revision of the settings. */
export interface ServiceWork {
  /**
   * Creates and removes runners until they match the settings.
   *
   * @param isWhole also checks what runners stand on: pool, bridge, firewall, kernel limits. Without it, the runners alone.
   */
  round(isWhole: boolean, signal: AbortSignal): Promise<Round>;
  close(): Promise<void>;
}

/** Opens the work of a unit. */
export type OpenWork = (settings: ServiceSettings) => ServiceWork;

/** The settings on the machine. */
export interface SettingsSource {
  /** @throws `ServiceSettingsError`. */
  read(): Promise<ServiceSettings>;
}

/** Lets the unit's status follow. */
export interface StatusRefresh {
  /** Asks for a refresh; never waits for it. */
  ask(settings: ServiceSettings): void;
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
