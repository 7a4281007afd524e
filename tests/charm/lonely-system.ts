import { join } from "node:path";
import type { UnitSystem } from "../../src/unit/unit-system.ts";
import type { Clock } from "charm-kit";

/** A machine without LXD and systemd, all of whose files are in a directory. */
export function lonelySystem(directory: string): UnitSystem {
  return {
    arch: "x64",
    clock: impatientClock(),
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

/** Usable options for a unit on it, whose GitHub nobody serves. */
export const lonelyOptions = {
  path: "org/repo",
  token: "ghp_0123456789abcdefghijABCDEFGHIJ012345",
  "image-server": "local",
  "instance-type": "container",
  "github-url": "http://127.0.0.1:9",
  "test-mode": "insecure",
};

/** Moves on by a pause instead of waiting for its end: nobody answers later on this machine. */
function impatientClock(): Clock {
  let skippedMs = 0;
  return {
    now: () => Date.now() + skippedMs,
    wait: (delayMs, signal) => {
      signal.throwIfAborted();
      skippedMs += delayMs;
      return Promise.resolve();
    },
  };
}
