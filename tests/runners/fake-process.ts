import { PLAIN_GUEST } from "../../src/guest/settings.ts";
import { RUNNER_APPLICATION } from "../../src/guest/paths.ts";
import type { Fleet, RunnerSettings } from "../../src/runners/creations.ts";
import { PostMortem } from "../../src/runners/post-mortem.ts";
import { RunnerManager, type Lock, type ManagerOptions } from "../../src/runners/runner-manager.ts";
import { RunnerNames } from "../../src/runners/runner-name.ts";
import { createLogger, type Clock, type Logger } from "charm-kit";
import { FakeForge } from "./fake-forge.ts";
import { FakeMachines } from "./fake-machines.ts";
import { FakeRunnerMetrics } from "./fake-runner-metrics.ts";
import { FakeRunnerLogs } from "./fake-runner-logs.ts";
import { FakeScopes } from "./fake-scopes.ts";
import { SCOPE, type FakeSite } from "./fake-site.ts";
import { PortCalls } from "./port-calls.ts";
import { unaborted } from "./signals.ts";

/** Digits that every test unit's runners carry. */
const OWNER_TAG = "abcdef";
export const options: ManagerOptions = {
  names: new RunnerNames("runners/0", OWNER_TAG),
  patience: { startUpMs: 300_000, graceMs: 600_000 },
  idleLifetimeMs: 86_400_000,
  concurrency: 4,
};

export const settings: RunnerSettings = {
  labels: ["self-hosted", "linux"],
  registrationUrl: "https://github.com/octo",
  image: "template-1",
  profiles: ["runner", "cpu-2-mem-7GiB-disk-10GiB"],
  resources: { cpu: 2, memory: "7GiB", disk: "10GiB" },
  binaryPath: RUNNER_APPLICATION,
  guest: PLAIN_GUEST,
  arch: "x64",
};

/** A fleet with the configuration hash that {@link FakeSite} gives its runners. */
export function fleetOf(count: number, configHash = "hash-1"): Fleet {
  return {
    count,
    configHash,
    create: () => Promise.resolve(settings),
  };
}

/** The name of the unit's runner that was made at the n-th attempt. */
export function runnerName(attempt: number): string {
  return `runners-0-${OWNER_TAG}${attempt.toString(16).padStart(6, "0")}`;
}

let attempts = 0x1000;

/** One process of the unit on a site: it may fail, be aborted or be killed, and the next one finds what it left. */
export class FakeProcess {
  readonly site: FakeSite;
  readonly calls = new PortCalls();
  readonly forge: FakeForge;
  readonly machines: FakeMachines;
  readonly logs: FakeRunnerLogs;
  readonly metrics: FakeRunnerMetrics;
  readonly postMortem: PostMortem;
  readonly scopes: FakeScopes;
  readonly manager: RunnerManager;
  readonly logLines: string[] = [];

  /** @param lock that processes share. @default one for this process alone, which is always free */
  constructor(
    site: FakeSite,
    changes: Partial<ManagerOptions> = {},
    scope = SCOPE,
    lock: Lock = { run: (work) => work(unaborted()) },
  ) {
    this.site = site;
    this.metrics = new FakeRunnerMetrics(site);
    this.forge = new FakeForge(site, this.calls, scope);
    this.scopes = new FakeScopes(site, this.calls, scope);
    this.machines = new FakeMachines(site, this.calls);
    this.logs = new FakeRunnerLogs(site, this.calls);
    const clock: Clock = {
      now: () => site.now,
      wait: (delayMs) => {
        site.pass(delayMs);
        return Promise.resolve();
      },
    };
    const log: Logger = createLogger(
      (level, line) => this.logLines.push(`${level} ${line}`),
      (text) => text,
    );
    const entropy = () => (++attempts).toString(16).padStart(6, "0");
    const { history } = site;
    const { forge, machines, logs, metrics, scopes } = this;
    this.postMortem = new PostMortem({ logs, metrics, history, clock, log });
    const { postMortem } = this;
    this.manager = new RunnerManager(
      { forge, machines, logs, metrics, postMortem, scopes, clock, log, lock, entropy },
      { ...options, ...changes },
    );
  }
}
