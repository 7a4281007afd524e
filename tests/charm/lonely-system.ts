import { join } from "node:path";
import type { UnitSystem } from "../../src/unit/unit-system.ts";
import { systemClock } from "charm-kit";

/** A machine without LXD and systemd, all of whose files are in a directory. */
export function lonelySystem(directory: string): UnitSystem {
  return {
    arch: "x64",
    clock: systemClock,
    entropy: () => "0123456789abcdef",
    dataRoot: join(directory, "data"),
    logRoot: join(directory, "logs"),
    systemd: { units: join(directory, "systemd"), booted: join(directory, "no-systemd") },
    metricsLog: join(directory, "metrics.log"),
    metricsRotation: join(directory, "metrics-rotation"),
    // No daemon listens there.
    env: { LXD_DIR: join(directory, "lxd") },
  };
}
