import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createLogger, messageOf, Redactor, runProcess, silentLogger, type Logger } from "charm-kit";
import { openUnit } from "../unit/open-unit.ts";
import { guestEnd, openDemand, openWorkload } from "../unit/open-workload.ts";
import { programIdentity } from "../unit/service-program.ts";
import { readSettings, type ServiceSettings } from "../unit/service-settings.ts";
import { replacementsOf } from "../unit/room.ts";
import type { UnitSystem } from "../unit/unit-system.ts";
import type { Telemetry } from "../unit/telemetry.ts";
import { runnerNames } from "../unit/unit-slug.ts";
import { DemandListener } from "./demand-listener.ts";
import { DemandRounds } from "./demand-rounds.ts";
import { type FollowDependencies, followInstances } from "./follow-instances.ts";
import { GuestWords } from "./guest-words.ts";
import { capacityIn, JobRoom } from "./job-room.ts";
import type { ServiceWork, UnitChanges } from "./ports.ts";
import { RunnerLoop } from "./runner-loop.ts";
import { ServiceApi } from "./service-api.ts";
import { ServiceMetrics } from "./service-metrics.ts";
import { LONGEST_ROUND_MS, type ServiceStatus } from "../unit/service-status.ts";
import { SecondWitness } from "./second-witness.ts";
import { CommandRefresh } from "./status-refresh.ts";
import { SystemdNotify } from "./systemd-notify.ts";
import { openServicePolicy } from "./open-service-policy.ts";
import { OutdatedSettingsError, UnitRounds } from "./unit-rounds.ts";
import { WaitStanding } from "./wait-standing.ts";
import { Wakes } from "./wakes.ts";
import { watchClock } from "./watch-clock.ts";
import { watchFile } from "./watch-file.ts";

export interface ServiceOptions {
  readonly system: UnitSystem;
  /** The unit's name in other names, such as `runners-0`. */
  readonly slug: string;
  /** Absolute path of this program: the service ends when a newer one has taken its place. */
  readonly program: string;
  /** Receives log lines without secrets. */
  readonly write: (line: string) => void;
}

/** How often systemd's watchdog hears of the loop. */
const HEARTBEAT_MS = 20_000;

/**
 * The runner service of one unit: replaces runners as soon as they have ended, until the signal is aborted or a newer
 * program has taken the place of this one.
 *
 * @throws `SocketTakenError` beside another service of the unit.
 */
export async function runService(options: ServiceOptions, signal: AbortSignal): Promise<void> {
  const { system, slug, program } = options;
  const ended = new AbortController();
  const running = AbortSignal.any([signal, ended.signal]);
  const end = (): void => {
    ended.abort();
  };
  const redactor = new Redactor();
  const log = openLog(options, redactor);
  const wakes = new Wakes(system.clock);
  const room = new JobRoom();
  const path = join(system.dataRoot, slug, "service.json");
  const identity = await programIdentity(program);
  const follower = new Follower({ system, log, wakes, signal: running });
  const refresh = new CommandRefresh({ run: runProcess, clock: system.clock, log, signal: running });
  const words = new GuestWords({
    ...guestEnd(join(system.dataRoot, slug)),
    onEnd: () => {
      wakes.wake("instance");
    },
    onJob: (runner) => {
      loop.jobStarted(runner);
    },
    clock: system.clock,
    log,
  });
  const policy = openServicePolicy({ system, slug, log, redactor, path, telemetry: () => metrics.telemetry });
  const annotate = (status: ServiceStatus) => policy.annotate(metrics.annotate(status));
  const metrics = await ServiceMetrics.open({
    system,
    slug,
    log,
    program,
    status: () => policy.annotate(loop.status),
  });
  const loop: RunnerLoop = new RunnerLoop({
    settings: {
      read: async () => {
        if ((await programIdentity(program)) !== identity) {
          log.info("A newer program has replaced this one; starting it");
          end();
        }
        const settings = await readSettings(path);
        addSecrets(redactor, settings);
        metrics.apply(settings);
        policy.apply(settings);
        return settings;
      },
    },
    open: (settings, step) => {
      follower.follow(settings);
      const { telemetry } = metrics;
      return openWork(settings, { system, log, redactor, path, wakes, room, step, telemetry });
    },
    wakes,
    refresh,
    clock: system.clock,
    log,
    random: () => randomOf(system),
    onStatus: (status) => {
      api.publish(annotate(status));
      metrics.views.changed();
      words.follow(running.aborted ? [] : (status.counts?.names ?? []));
    },
    program: identity,
  });
  const api: ServiceApi = new ServiceApi({
    path: join(system.dataRoot, slug, "service.sock"),
    status: () => annotate(loop.status),
    metrics: metrics.expose,
    views: metrics.views,
    policyToken: (asked) => policy.issue(asked),
    reconcile: async (reason) => annotate(await loop.request(reason)),
  });
  // The socket is root's alone from its first moment on.
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await api.open();
  const notify = new SystemdNotify(runProcess, system.env);
  const parts = [
    loop.run(running),
    watchFile(
      {
        path,
        onChange: () => {
          wakes.wake("settings");
        },
        clock: system.clock,
        log,
      },
      running,
    ),
    watchClock(
      {
        onJump: () => {
          wakes.wake("interval");
        },
        clock: system.clock,
        log,
      },
      running,
    ),
    beat(notify, () => loop.status, system, running),
  ];
  try {
    await notify.tell(["READY=1"], running);
    log.info("The runner service is ready", { unit: slug });
    await Promise.race(parts);
  } catch (thrown) {
    if (!running.aborted) throw thrown;
  } finally {
    end();
    await Promise.allSettled(parts);
    words.close();
    await follower.close();
    await policy.close();
    await metrics.close();
    await api.close();
  }
}

/** Feeds systemd's watchdog as long as no round takes longer than any can. */
async function beat(
  notify: SystemdNotify,
  status: () => ServiceStatus,
  { clock }: Pick<UnitSystem, "clock">,
  signal: AbortSignal,
): Promise<never> {
  for (;;) {
    const { activity } = status();
    const since = "since" in activity ? activity.since : undefined;
    const isStuck = since !== undefined && clock.now() - since > LONGEST_ROUND_MS;
    if (!isStuck) await notify.tell(["WATCHDOG=1"], signal);
    await clock.wait(HEARTBEAT_MS, signal);
  }
}

function openLog({ write }: ServiceOptions, redactor: Redactor): Logger {
  return createLogger(
    (level, line) => {
      write(`${level} ${line}`);
    },
    (text) => redactor.scrub(text),
  );
}

/** From 0 to 1. */
function randomOf(system: UnitSystem): number {
  return Number.parseInt(system.entropy().slice(0, 8), 16) / 2 ** 32;
}

interface WorkContext {
  readonly system: UnitSystem;
  readonly log: Logger;
  readonly redactor: Redactor;
  /** Path of the settings. */
  readonly path: string;
  readonly wakes: Wakes;
  /** Outlasts a change of the settings. */
  readonly room: JobRoom;
  readonly step: (message: string) => void;
  readonly telemetry: Telemetry;
}

function openWork(
  settings: ServiceSettings,
  { system, log, redactor, path, wakes, room, step, telemetry }: WorkContext,
): ServiceWork {
  const { unit, setup, integrations, revision, paused } = settings;
  const context = {
    ...unit,
    system,
    // Timers are the hooks' own.
    dispatchCommand: () => Promise.resolve(undefined),
    // A package may set bits that the service's unit forbids; hooks install LXD.
    mayInstall: false,
    telemetry,
    log,
    redactor,
    integrations,
    step: (message: string) => {
      log.info(message);
      step(message);
    },
    ensureCurrent: async () => {
      if ((await readSettings(path)).revision !== revision) throw new OutdatedSettingsError(revision);
    },
  };
  const rounds = new UnitRounds(openWorkload(setup, context));
  // While it is paused, GitHub must assign no jobs to it.
  const demand = paused === undefined ? openDemand(setup, context) : undefined;
  if (demand === undefined) return rounds;
  const { count } = setup.configuration;
  const most = count + replacementsOf(setup.configuration);
  const parts = {
    clock: system.clock,
    log,
    random: () => randomOf(system),
  };
  const { labels, queue, source } = demand;
  const waits = new WaitStanding({ record: demand.assignedWaits, clock: system.clock, log });
  const listener = new DemandListener({
    ...demand,
    ...parts,
    capacity: () => capacityIn(room.now, count, most),
    room,
    secondWitness: new SecondWitness({
      ...{ ...parts, queue, labels, scaleSet: source.name },
      capacity: () => Math.min(most, room.now),
    }),
    onChange: () => {
      wakes.wake("demand");
    },
    telemetry: {
      onDemand: (heard) => {
        telemetry.onDemand(heard);
      },
      onDemandMessage: (message) => {
        telemetry.onDemandMessage(message);
        waits.add(message.waits);
      },
    },
  });
  return new DemandRounds({ rounds, listener, room, close: demand.close });
}

/** Follows the ends of the unit's instances, once the settings say whose they are. */
class Follower {
  readonly #parts: {
    readonly system: UnitSystem;
    readonly log: Logger;
    readonly wakes: Wakes;
    readonly signal: AbortSignal;
  };
  #following: Promise<unknown> | undefined;

  constructor(parts: {
    readonly system: UnitSystem;
    readonly log: Logger;
    readonly wakes: Wakes;
    readonly signal: AbortSignal;
  }) {
    this.#parts = parts;
  }

  follow({ unit }: ServiceSettings): void {
    this.#following ??= this.#follow(unit);
  }

  async close(): Promise<void> {
    await this.#following;
  }

  async #follow(identity: ServiceSettings["unit"]): Promise<void> {
    const { system, log, wakes, signal } = this.#parts;
    const context = { ...identity, system, dispatchCommand: () => Promise.resolve(undefined) };
    const names = runnerNames(context);
    // Opened for each attempt: LXD may not be installed yet.
    const follow: UnitChanges["follow"] = async (onOpen, onChange, limited) => {
      const unit = openUnit({ ...context, log: silentLogger });
      try {
        await unit.changes.follow(onOpen, onChange, limited);
      } finally {
        await unit.close();
      }
    };
    const dependencies: FollowDependencies = {
      changes: { follow },
      isOurs: (instance) => names.owns(instance),
      wake: (reason) => {
        wakes.wake(reason);
      },
      clock: system.clock,
      log,
    };
    await followInstances(dependencies, signal).catch((thrown: unknown) => {
      if (!signal.aborted) log.error("Cannot follow LXD's events", { reason: messageOf(thrown) });
    });
  }
}

function addSecrets(redactor: Redactor, { setup: { configuration, credentials } }: ServiceSettings): void {
  redactor.add(credentials.by === "token" ? credentials.token.reveal() : credentials.privateKey.reveal());
  if (configuration.policy.by === "service") redactor.add(configuration.policy.token.reveal());
  for (const address of [configuration.proxy?.http, configuration.proxy?.https]) {
    const password = /:([^:@/]+)@/.exec(address ?? "")?.[1];
    if (password !== undefined) redactor.add(password);
  }
}
