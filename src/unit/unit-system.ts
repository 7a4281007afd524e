import type { Arch } from "../runners/ports.ts";
import type { HostPaths } from "../host/host-paths.ts";
import type { Clock } from "charm-kit";

/** The machine and process of a unit. Created once, by the composition root. */
export interface UnitSystem {
  readonly arch: Arch;
  readonly clock: Clock;
  /** Random hexadecimal digits, at least 12, different at each call. */
  readonly entropy: () => string;
  /** Absolute path of the directory with a directory for each unit. */
  readonly dataRoot: string;
  /** Absolute path of the directory with the logs of crashed runners. */
  readonly logRoot: string;
  /** Absolute path of the metrics log, which all units of the machine share. */
  readonly metricsLog: string;
  /** Absolute path of the logrotate configuration for the metrics log. */
  readonly metricsRotation: string;
  /** Absolute paths: systemd's directory for local unit files, and a path that exists when systemd is PID 1. */
  readonly systemd: { readonly units: string; readonly booted: string };
  /** Other paths on the machine that the unit uses. @default the paths of a real machine */
  readonly paths?: HostPaths;
  /** The environment, which may name the LXD socket. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Identifies a unit. */
export interface UnitIdentity {
  readonly appName: string;
  /** `<application>/<number>`, such as `runners/0`. */
  readonly unitName: string;
  /** Distinguishes units of the same name, such as the UUID of a Juju model. */
  readonly deployment: string;
}

/** A unit and its machine. */
export interface UnitContext extends UnitIdentity {
  readonly system: UnitSystem;
  /**
   * The command that a timer runs to dispatch an event to the unit: absolute path and arguments. Undefined where nothing
   * on the machine can dispatch.
   */
  readonly dispatchCommand: (event: string) => Promise<readonly string[] | undefined>;
}
