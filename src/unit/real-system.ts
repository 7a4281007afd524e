import type { Clock } from "charm-kit";
import type { UnitSystem } from "./unit-system.ts";

/** The paths of a real machine, for the programs that a unit consists of. */
export function unitSystem(clock: Clock, env: UnitSystem["env"]): UnitSystem {
  return {
    arch: process.arch === "arm64" ? "arm64" : "x64",
    clock,
    // The global `crypto` is loaded lazily; an import of node:crypto would add a tenth to every dispatch.
    entropy: () => Buffer.from(crypto.getRandomValues(new Uint8Array(8))).toString("hex"),
    dataRoot: "/var/lib/github-runner",
    logRoot: "/var/log/github-runner-logs",
    systemd: { units: "/etc/systemd/system", booted: "/run/systemd/system" },
    metricsLog: "/var/log/github-runner-metrics.log",
    metricsRotation: "/etc/logrotate.d/github-runner-metrics",
    env,
  };
}
