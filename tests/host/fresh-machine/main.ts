/**
 * Runs in a bare container that stands for a new machine, on the repository's files: `main.ts prepare` does the host's
 * side of a unit, `main.ts infrastructure` makes its infrastructure in memory, and `main.ts remove` takes all away. Prints JSON.
 */
import { openHost } from "../../../src/unit/open-host.ts";
import { openUnit } from "../../../src/unit/open-unit.ts";
import type { UnitContext } from "../../../src/unit/unit-system.ts";
import { silentLogger, systemClock } from "charm-kit";

const RESOURCES = { cpu: 1, memory: "256MiB", disk: "64MiB" };
const DEMAND = { instanceType: "container", storage: "memory", lxdMayCome: true } as const;
const signal = AbortSignal.timeout(720_000);

const context: UnitContext = {
  system: {
    arch: "x64",
    clock: systemClock,
    entropy: () => "0123456789abcdef",
    dataRoot: "/var/lib/github-runner",
    logRoot: "/var/log/github-runner-logs",
    systemd: { units: "/etc/systemd/system", booted: "/run/systemd/system" },
    metricsLog: "/var/log/github-runner-metrics.log",
    metricsRotation: "/etc/logrotate.d/github-runner-metrics",
    env: {},
  },
  dispatchCommand: () => Promise.resolve(undefined),
  appName: "fresh",
  unitName: "fresh/0",
  deployment: "9f484882-2f18-4fd2-967d-db9663db7bea",
};
const unit = openUnit({ ...context, log: silentLogger }, DEMAND);
const host = openHost(context, unit);
const steps: string[] = [];

async function work(verb: string): Promise<object> {
  switch (verb) {
    case "prepare": {
      const need = { runners: 1, processes: 8192, virtualMachines: false };
      const notices = await host.prepare(need, (step) => steps.push(step), signal);
      return { steps, notices, answers: await unit.server.answers(signal) };
    }
    case "infrastructure":
      await unit.infrastructure.ensure(
        { count: 1, standby: 1, processes: 8192, resources: RESOURCES },
        signal,
      );
      return {};
    default:
      await unit.infrastructure.remove(signal);
      await host.remove(signal);
      return {};
  }
}

try {
  process.stdout.write(`${JSON.stringify(await work(process.argv[2] ?? ""))}\n`);
} finally {
  await unit.close();
}
