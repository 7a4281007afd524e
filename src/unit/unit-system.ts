import type { Arch } from "../runners/ports.ts";
import type { HostPlaces } from "../host/places.ts";
import type { Clock } from "charm-kit";

/** What a unit takes from its machine and process; made once, by the composition root. */
export interface UnitSystem {
  readonly arch: Arch;
  readonly clock: Clock;
  /** Random hexadecimal digits, at least 12, different at each call. */
  readonly entropy: () => string;
  /** Absolute path under which each unit keeps its files. */
  readonly dataRoot: string;
  /** Absolute path under which the logs of crashed runners are kept, a directory each. */
  readonly logRoot: string;
  /** Absolute path of the metrics log of all units of the machine. */
  readonly metricsLog: string;
  /** Absolute path of the file that has the metrics log rotated. */
  readonly metricsRotation: string;
  /** Where systemd has the administrator's units, and what is there when it runs the machine; absolute paths. */
  readonly systemd: { readonly units: string; readonly booted: string };
  /** Where the unit reads and writes on its machine beside its own files. @default those of a real machine */
  readonly places?: HostPlaces;
  /** The environment, for where LXD listens. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Which unit it is. */
export interface UnitIdentity {
  readonly appName: string;
  /** `<application>/<number>`, such as `runners/0`. */
  readonly unitName: string;
  /** Tells apart units of one name, such as the UUID of a Juju model. */
  readonly deployment: string;
}

/** The unit that is worked on, and the machine that it is on. */
export interface UnitContext extends UnitIdentity {
  readonly system: UnitSystem;
  /**
   * The command by which the machine's clock has the unit handle an event: absolute path and arguments. Undefined where
   * nothing on the machine can.
   */
  readonly dispatchCommand: (event: string) => Promise<readonly string[] | undefined>;
}
