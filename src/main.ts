import { GithubRunnerCharm } from "./charm/charm.ts";
import type { UnitSystem } from "./unit/unit-system.ts";
import { main, type Framework } from "juju-charm";
import { systemClock } from "charm-kit";

const system: UnitSystem = {
  arch: process.arch === "arm64" ? "arm64" : "x64",
  clock: systemClock,
  // The global `crypto` is loaded lazily; an import of node:crypto would add a tenth to every dispatch.
  entropy: () => Buffer.from(crypto.getRandomValues(new Uint8Array(8))).toString("hex"),
  dataRoot: "/var/lib/github-runner",
  logRoot: "/var/log/github-runner-logs",
  systemd: { units: "/etc/systemd/system", booted: "/run/systemd/system" },
  metricsLog: "/var/log/github-runner-metrics.log",
  metricsRotation: "/etc/logrotate.d/github-runner-metrics",
  env: process.env,
};

class Unit extends GithubRunnerCharm {
  constructor(framework: Framework) {
    super(framework, system);
  }
}

await main(Unit);
