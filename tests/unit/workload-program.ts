/**
 * A second entry point, beside the charm: it opens a unit's workload from data on standard input, and has no Juju. Prints
 * JSON with what came of the verb, and the modules that were loaded.
 *
 *     workload-program.ts reconcile|check|remove
 */
import { registerHooks } from "node:module";
import { text } from "node:stream/consumers";
import type { Configuration } from "../../src/unit/configuration.ts";
import type { UnitSystem } from "../../src/unit/unit-system.ts";

/** What the program is given. */
export interface WorkloadInput {
  readonly unit: { readonly appName: string; readonly unitName: string; readonly deployment: string };
  readonly system: Omit<UnitSystem, "clock" | "entropy">;
  readonly configuration: Omit<Configuration, "denylist">;
  readonly token: string;
}

/** What it prints. */
export interface WorkloadOutput {
  readonly runners: readonly string[];
  /** Name of the member of an LXD cluster that was found evacuated. */
  readonly evacuated?: string | undefined;
  /** Number of runners in place of lost ones, after a reconcile. */
  readonly replacing?: number;
  readonly steps: readonly string[];
  readonly loaded: readonly string[];
}

const loaded: string[] = [];
registerHooks({
  load: (url, context, next) => {
    loaded.push(url);
    return next(url, context);
  },
});

const { Redactor, Secret, silentLogger, systemClock } = await import("charm-kit");
const { openTeardown, openWorkload } = await import("../../src/unit/open-workload.ts");

const input = JSON.parse(await text(process.stdin)) as WorkloadInput;
const steps: string[] = [];
const signal = AbortSignal.timeout(720_000);
const context = {
  ...input.unit,
  system: {
    ...input.system,
    clock: systemClock,
    entropy: () => Buffer.from(crypto.getRandomValues(new Uint8Array(8))).toString("hex"),
  },
  dispatchCommand: () => Promise.resolve(undefined),
  log: silentLogger,
  redactor: new Redactor(),
  step: (message: string) => steps.push(message),
};
const setup = {
  configuration: { ...input.configuration, denylist: [] },
  credentials: { by: "token", token: new Secret(input.token) },
} as const;

async function work(verb: string): Promise<Pick<WorkloadOutput, "runners" | "evacuated" | "replacing">> {
  if (verb === "remove") {
    const teardown = openTeardown(setup, context);
    await teardown.remove(signal).finally(() => teardown.close());
    return { runners: [] };
  }
  const workload = openWorkload(setup, { ...context, integrations: { debugSshHosts: [] } });
  try {
    if (verb === "check") return { runners: (await workload.check(signal)).names };
    const { counts, evacuated, failures, replacing } = await workload.reconcile(signal);
    if (failures[0]) throw failures[0];
    return { runners: counts.names, evacuated, replacing };
  } finally {
    await workload.close();
  }
}

const output: WorkloadOutput = { ...(await work(process.argv[2] ?? "")), steps, loaded };
process.stdout.write(JSON.stringify(output));
