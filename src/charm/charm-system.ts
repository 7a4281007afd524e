import type { Arch } from "../runners/ports.ts";
import type { HostPlaces } from "../host/places.ts";
import type { Clock } from "charm-kit";

/** What the charm takes from the machine and the process; made once, by the composition root. */
export interface CharmSystem {
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
  /** The environment, for where LXD listens and where `juju-exec` is. */
  readonly env: Readonly<Record<string, string | undefined>>;
}
