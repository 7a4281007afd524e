import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import {
  createGithubClient,
  githubPathText,
  ledgerScope,
  openDispatcher,
  parseLedger,
  type OwnDispatcher,
  type ScaleSetLedger,
  type UnitScaleSet,
  type LeftScaleSets,
} from "../github/index.ts";
import { ArchiveStore } from "../host/archive-store.ts";
import { JsonRecord } from "../host/json-record.ts";
import { PageStore } from "../host/page-store.ts";
import { METRICS_SHARE } from "../guest/paths.ts";
import { EventLog } from "../metrics/event-log.ts";
import { EventSpool } from "../metrics/event-spool.ts";
import { LogRotation } from "../metrics/log-rotation.ts";
import { POST_JOB_FILE } from "../metrics/guest-file-content.ts";
import { shareOf, ShareStore } from "../metrics/share-store.ts";
import { UnitMetrics } from "../metrics/unit-metrics.ts";
import { trustCertificates } from "../network/system-certificates.ts";
import type { Forge, InstanceType, RegistrationScopes } from "../runners/ports.ts";
import type { Patience } from "../runners/plan.ts";
import type { Jobs } from "../metrics/ports.ts";
import { CAPSULE_LIMITS, LogKeeper, type CapsuleLimits } from "../runners/log-keeper.ts";
import { OnlineWitness } from "../runners/online-witness.ts";
import { PostMortem } from "../runners/post-mortem.ts";
import { RunnerManager, type Lock } from "../runners/runner-manager.ts";
import { type Logger, PatientLock, ProcessLock, type Redactor, runProcess } from "charm-kit";
import type { UnitContext } from "./unit-system.ts";
import type { Configuration } from "./configuration.ts";
import type { ForgeSetup, Setup } from "./setup.ts";
import { ImageKeeper } from "../runners/image-keeper.ts";
import { Teardown, type TeardownDependencies } from "./teardown.ts";
import { CONCURRENCY, creationsAtOnce } from "./creations-at-once.ts";
import { currentLock } from "./current-lock.ts";
import { openHost } from "./open-host.ts";
import { FormerPaths } from "./former-paths.ts";
import { openScopes } from "./open-scopes.ts";
import { openPolicy } from "./open-policy.ts";
import { leaveStandby, removeService } from "./open-service.ts";
import type { Telemetry } from "./telemetry.ts";
import { openTimers } from "./open-timers.ts";
import { TEARDOWN_DEMAND, openUnit, type UnitDemand } from "./open-unit.ts";
import type { Integrations } from "./integrations.ts";
import type { ClusterMembership, QueueSource } from "./ports.ts";
import { demandKey, scaleSetSettings, type DemandOfUnit } from "./open-demand.ts";
import { openRateLimits } from "./rate-limits.ts";
import { openHistory, openRecords, readStanding, recordDirectory, type UnitRecords } from "./unit-records.ts";
import { LONGEST_LOCK_WAIT_MS } from "./service-status.ts";
import { claimSlug, runnerNames, slugOf } from "./unit-slug.ts";
import type { SettingsFile } from "./settings-file.ts";
import type { UnitScopes } from "./unit-scopes.ts";
import { Workload } from "./workload.ts";

/** The unit, and where its workload reports to. */
export interface WorkloadContext extends UnitContext {
  readonly log: Logger;
  readonly redactor: Redactor;
  /** Reports progress. */
  readonly step: (message: string) => void;
  /**
   * Called with the unit's lock held, before each work on runners. Throws when another configuration is in force by then.
   *
   * @default nothing is checked: the configuration of a hook is the newest one
   */
  readonly ensureCurrent?: () => Promise<void>;
  /** The settings of the unit's runner service. @default none: this is the service */
  readonly service?: Pick<SettingsFile, "pause" | "resume">;
  /** Told of the work, for metrics. @default nobody is told */
  readonly telemetry?: Telemetry | undefined;
  /** Whether LXD may be installed and started. @default unless the environment names its socket */
  readonly mayInstall?: boolean;
}

/** A virtual machine boots firmware, kernel and agent first: seen to need more than 12 minutes beside another one on an emulated processor. */
const PATIENCE: Readonly<Record<InstanceType, Patience>> = {
  container: { startUpMs: 5 * 60_000, graceMs: 90_000 },
  "virtual-machine": { startUpMs: 20 * 60_000, graceMs: 90_000 },
};
const IDLE_LIFETIME_MS = 24 * 60 * 60_000;
/** Name of the directory of runners' shares, in that of the unit's records. */
const SHARES = "metrics";
const NO_SERVICE = { pause: () => Promise.resolve(), resume: () => Promise.resolve() };

/**
 * Opens a workload for a configuration.
 *
 * @throws the errors of {@link openUnit} where LXD is missing, and {@link UnitNameError}.
 */
export function openWorkload(
  setup: Setup,
  context: WorkloadContext & { readonly integrations: Integrations },
): Workload {
  claimSlug(context);
  const way = openDispatcher(setup.configuration.proxy);
  const forge = openForge(setup, context, way);
  const scaleSetLedger = openLedger(context);
  const scopes = openScopes(setup, { ...context, dispatcher: way.dispatcher, scaleSetLedger });
  const { capsules } = setup.configuration;
  const services = openServices(forge, scopes, context, { way, capsules, ...demandOf(setup.configuration) });
  return new Workload({
    service: NO_SERVICE,
    ...context,
    ...services,
    ...setup,
    images: openImageKeeper(setup.configuration, { ...context, ...services, forge }),
    installed: services.records.installed,
    earlyEnds: services.records.earlyEnds,
    demand: services.records.demand,
    standing: () => readStanding(services.records, context.system.clock.now()),
    demandKey: demandKey(setup, context),
    github: forge,
    formerPaths: openFormerPaths(setup, scopes, context),
    history: openHistory(context),
    readyLock: new PatientLock(new ProcessLock(`${lockName(context)}-ready`), {
      holder: "another preparation of this machine for the unit",
      limitMs: LONGEST_LOCK_WAIT_MS,
      onWait: context.step,
    }),
    leaveStandby: (signal) => leaveStandby(context, signal),
    policy: openPolicy(setup.configuration, context),
  });
}

/**
 * Opens the teardown of a unit.
 *
 * @param setup the error of an invalid configuration; GitHub then removes the registrations itself.
 */
export function openTeardown(setup: ForgeSetup | Error, context: WorkloadContext): Teardown {
  const known = setup instanceof Error ? undefined : setup;
  const way = openDispatcher(known?.configuration.proxy);
  const forge = setup instanceof Error ? unusableForge(setup) : openForge(setup, context, way);
  const scaleSetLedger = openLedger(context);
  const scopes = openScopes(known, { ...context, dispatcher: way.dispatcher, scaleSetLedger }, true);
  const formerPaths = openFormerPaths(known, scopes, context);
  return new Teardown({
    ...openServices(forge, scopes, context, { way, ...TEARDOWN_DEMAND }),
    deleteScaleSet: async (signal) => {
      await formerPaths.deleteAll(signal);
      await forge.scaleSet?.delete(signal);
      await forge.unusedScaleSets?.deleteAll(signal);
    },
  });
}

function openLedger({ log, ...context }: UnitContext & { readonly log: Logger }): ScaleSetLedger {
  const path = join(recordDirectory(context), "scale-sets.json");
  return new JsonRecord({ path, parse: parseLedger, log });
}

function openFormerPaths(
  setup: ForgeSetup | undefined,
  scopes: UnitScopes,
  context: WorkloadContext,
): FormerPaths {
  const { log, system } = context;
  const { githubUrl, path } = setup?.configuration ?? {};
  const present = githubUrl && path && ledgerScope(githubUrl, githubPathText(path));
  const names = runnerNames(context);
  const nextName = () => names.next(system.entropy());
  return new FormerPaths({
    scopes,
    present,
    ledger: openLedger(context),
    nextName,
    clock: system.clock,
    log,
  });
}

function demandOf({ instanceType, storage, subnet }: Configuration): UnitDemand {
  return { instanceType, storage, subnet, lxdMayCome: true };
}

/** One process at a time works on the unit's runners, and only with the configuration that is in force. */
function openLock(context: WorkloadContext): Lock {
  const lock = new PatientLock(new ProcessLock(lockName(context)), {
    holder: "another reconcile of this unit",
    limitMs: LONGEST_LOCK_WAIT_MS,
    onWait: context.step,
  });
  const { ensureCurrent } = context;
  return ensureCurrent ? currentLock(lock, ensureCurrent) : lock;
}

function lockName(context: UnitContext): string {
  return `github-runner-${context.deployment}-${slugOf(context)}`;
}

/** Opens what the runner service hears demand from; undefined with a fixed number of runners. */
export function openDemand(setup: Setup, context: WorkloadContext): DemandOfUnit | undefined {
  if (setup.configuration.scaling === undefined) return undefined;
  const way = openDispatcher(setup.configuration.proxy);
  const forge = openForge(setup, context, way);
  const { scaleSet } = forge;
  if (scaleSet === undefined) return undefined;
  const records = openRecords(recordDirectory(context), context.log);
  return {
    source: scaleSet,
    queue: forge.queue,
    labels: scaleSetSettings(setup.configuration, context)?.labels ?? [],
    key: demandKey(setup, context),
    record: records.demand,
    assignedWaits: records.assignedWaits,
    close: async () => {
      forge.close();
      await way.close();
    },
  };
}

/** The services that workload and teardown share. */
type UnitServices = Omit<TeardownDependencies, "deleteScaleSet"> & {
  readonly records: UnitRecords;
  readonly cluster: ClusterMembership;
};

function openServices(
  forge: UnitForge,
  scopes: RegistrationScopes,
  context: WorkloadContext,
  {
    way,
    capsules = CAPSULE_LIMITS,
    ...demand
  }: UnitDemand & { readonly way: OwnDispatcher; readonly capsules?: CapsuleLimits | undefined },
): UnitServices {
  const { system, log } = context;
  const dataDirectory = recordDirectory(context);
  const names = runnerNames(context);
  const unit = openUnit(context, demand);
  const lock = openLock(context);
  const metrics = openMetrics(forge, context);
  const logs = new LogKeeper({ logs: unit.logs, names, clock: system.clock, log }, capsules);
  const manager = new RunnerManager(
    {
      forge,
      machines: unit.machines,
      logs: unit.logs,
      metrics,
      postMortem: new PostMortem({
        logs,
        metrics,
        history: openHistory(context),
        clock: system.clock,
        log,
      }),
      witness: new OnlineWitness(forge, system.clock),
      scopes,
      lock,
      clock: system.clock,
      log,
      entropy: system.entropy,
    },
    {
      names,
      patience: PATIENCE[demand.instanceType],
      idleLifetimeMs: IDLE_LIFETIME_MS,
      concurrency: CONCURRENCY,
      creationsAtOnce: creationsAtOnce(demand.instanceType, availableParallelism()),
      // The clock of a virtual machine stands still while it is frozen; the clock of a container is the machine's.
      freezesStandby: demand.instanceType === "container",
    },
  );
  return {
    hasLxd: unit.isThere,
    cluster: unit.cluster,
    log,
    timers: openTimers(context),
    endService: (signal) => removeService(context, signal),
    manager,
    host: openHost(context, unit),
    images: unit.images,
    infrastructure: unit.infrastructure,
    firewall: unit.firewall,
    serverLogs: unit.serverLogs,
    metrics,
    rotation: openRotation(context),
    logs,
    dataDirectory,
    records: openRecords(dataDirectory, log),
    close: async () => {
      forge.close();
      await Promise.all([unit.close(), way.close()]);
    },
  };
}

function openImageKeeper(
  configuration: Configuration,
  { forge, ...context }: WorkloadContext & UnitServices & { readonly forge: Forge },
): ImageKeeper {
  const { dataDirectory, images, records, deployment, system } = context;
  const { baseImage: alias, imageServer, packages, proxy, aproxy, caCertificate } = configuration;
  return new ImageKeeper(
    {
      ...context,
      forge,
      images,
      application: records.application,
      failure: records.imageFailure,
      trial: records.imageTrial,
      archives: new ArchiveStore({
        directory: join(dataDirectory, "application"),
        openDispatcher: () => openDispatcher(proxy),
      }),
      lock: new ProcessLock(`github-image-${deployment}-${slugOf(context)}`),
      clock: system.clock,
    },
    {
      base: { server: imageServer === "local" ? undefined : imageServer, alias },
      arch: system.arch,
      instanceType: configuration.instanceType,
      packages,
      certificates: caCertificate,
      proxy,
      hasAproxy: aproxy !== undefined,
    },
  );
}

function openMetrics(jobs: Jobs, context: WorkloadContext): UnitMetrics {
  const { system, appName, log } = context;
  const { clock, metricsLog } = system;
  const directory = recordDirectory(context);
  const shares = new ShareStore({
    directory: join(directory, SHARES),
    quarantine: join(directory, "metrics-quarantine"),
    run: runProcess,
    clock,
    log,
  });
  const options = { flavor: appName, shareInGuest: METRICS_SHARE };
  return new UnitMetrics(
    {
      shares,
      events: new EventLog(metricsLog),
      spool: new EventSpool(directory),
      jobs,
      history: openHistory(context),
      objective: openRecords(directory, log).objective,
      clock,
      log,
    },
    options,
  );
}

function openRotation({ system, log }: WorkloadContext): LogRotation {
  const { metricsLog: logPath, metricsRotation: configPath, systemd } = system;
  const hasSystemd = () => existsSync(systemd.booted);
  return new LogRotation({ logPath, configPath, hasSystemd, run: runProcess, log });
}

/** GitHub, until it is closed. */
type UnitForge = Forge &
  Jobs & {
    readonly scaleSet: UnitScaleSet | undefined;
    readonly unusedScaleSets: LeftScaleSets | undefined;
    readonly queue: QueueSource;
    close(): void;
  };

function openForge(
  { configuration, credentials }: ForgeSetup,
  context: WorkloadContext,
  { dispatcher }: OwnDispatcher,
): UnitForge {
  const { log, redactor, system, telemetry } = context;
  const { path, githubUrl, group, caCertificate } = configuration;
  trustCertificates(caCertificate);
  const etagStore = new PageStore(join(recordDirectory(context), "github-pages"));
  return createGithubClient({
    path,
    githubUrl,
    credentials,
    group,
    log,
    redactor,
    etagStore,
    rateLimitStore: openRateLimits(recordDirectory(context), { githubUrl, credentials }, log),
    clock: system.clock,
    dispatcher,
    scaleSet: scaleSetSettings(configuration, context),
    scaleSetLedger: openLedger(context),
    unusedScaleSets: openLedger(context),
    onAnswer:
      telemetry &&
      ((answered) => {
        telemetry.onGithubAnswer(answered);
      }),
  });
}

/**
 * Where a runner's guest says that its application has ended.
 *
 * @param directory of the unit's records.
 */
export function guestEnd(directory: string): {
  readonly shareOf: (runner: string) => string;
  readonly file: string;
} {
  return { shareOf: (runner) => shareOf(join(directory, SHARES), runner), file: POST_JOB_FILE };
}

/** Replaces the GitHub client when the configuration is invalid. */
function unusableForge(reason: Error): UnitForge {
  const refuse = () => Promise.reject(reason);
  return {
    list: refuse,
    register: refuse,
    checkRegistration: refuse,
    deregister: refuse,
    application: refuse,
    job: refuse,
    queue: { read: refuse, groupRules: refuse, isPublic: refuse },
    scaleSet: undefined,
    unusedScaleSets: undefined,
    close: () => undefined,
  };
}
