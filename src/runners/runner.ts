import {
  CONFIG_SCRIPT,
  ENV_FILE,
  PRE_JOB_SCRIPT,
  RUNNER_APPLICATION,
  RUNNER_SCRIPT,
} from "../guest/paths.ts";
import { bootstrapPayload } from "../guest/bootstrap-payload.ts";
import type { GuestSettings } from "../guest/settings.ts";
import { renderPayload } from "../guest/payload.ts";
import type { GuestRegistration } from "../guest/registration.ts";
import {
  systemClock,
  unhindered,
  withDeadline,
  messageOf,
  type Await,
  type Clock,
  type Secret,
} from "charm-kit";
import { listeningOrOnline, type OnlineWitness } from "./online-witness.ts";
import {
  ApplicationEndedError,
  RunnerCreateError,
  RunnerLogsError,
  RunnerRemoveError,
  StandbyLostError,
} from "./errors.ts";
import type { PostMortem } from "./post-mortem.ts";
import { Stages } from "./stages.ts";
import type {
  Arch,
  Forge,
  GuestActivity,
  Machine,
  MachineResources,
  Machines,
  RunnerLogs,
  RunnerMetrics,
  RunnerRegistration,
  PolicyService,
} from "./ports.ts";

/** Services of a runner. */
export interface RunnerDependencies {
  readonly forge: Forge;
  readonly machines: Machines;
  readonly logs: RunnerLogs;
  readonly metrics: RunnerMetrics;
  readonly postMortem: PostMortem;
  /** Second proof that a new runner is ready. @default its application's own word alone */
  readonly witness?: OnlineWitness;
  /** @default the system's clock */
  readonly clock?: Clock;
}

/** Identity of a runner: enough to remove it and to pull its logs. */
export interface RunnerConfig {
  readonly name: string;
}

/** State of a runner on GitHub. */
export interface RunnerStatus {
  /** GitHub's identifier, once the runner is registered. */
  readonly runnerId: number | undefined;
  readonly exist: boolean;
  readonly online: boolean;
  readonly busy: boolean;
}

/** Resources of a runner; the name is older than runners in containers. */
export type VirtualMachineResources = MachineResources;

/** Everything that a runner is created with. */
export interface CreateRunnerConfig {
  readonly labels: readonly string[];
  /** URL for a runner that registers itself, such as `https://github.com/owner/repo`. */
  readonly registrationUrl: string;
  /** Hash of the configuration, which the instance carries. */
  readonly configHash: string;
  /** Key of the registration scope, which the instance carries. */
  readonly scopeKey: string;
  /** Milliseconds since the Unix epoch after which an idle runner is replaced. */
  readonly deadline: number;
  /** Longest time from the start of `create` until the runner listens for jobs, in milliseconds. */
  readonly startUpMs: number;
  /** Name of the template that the image's runners are cloned from. */
  readonly image: string;
  /** LXD profiles, including the one for the resources. */
  readonly profiles: readonly string[];
  readonly resources: VirtualMachineResources;
  /** Path of the runner application in the image. */
  readonly binaryPath: string;
  /**
   * The runner registers itself by `config.sh` with this token. @default just-in-time configuration, or a token from
   * GitHub if the server has none
   */
  readonly registrationToken?: Secret;
  readonly arch: Arch;
  /** Settings inside the runner. */
  readonly guest: GuestSettings;
  /** Gives a token for each runner. @default repositories are not checked */
  readonly policy?: PolicyService | undefined;
  /**
   * The instance of the runner's name is a standby instance, which the runner takes at this time, in milliseconds since
   * the Unix epoch. @default its instance is created
   */
  readonly takenAt?: number | undefined;
}

/** One ephemeral runner: an LXD instance and a GitHub registration of one name. */
export class Runner {
  /** Directory of the runner application in the guest. */
  readonly runnerApplication = RUNNER_APPLICATION;
  readonly envFile = ENV_FILE;
  readonly configScript = CONFIG_SCRIPT;
  readonly runnerScript = RUNNER_SCRIPT;
  readonly preJobScript = PRE_JOB_SCRIPT;

  readonly config: RunnerConfig;
  readonly #dependencies: RunnerDependencies;
  #status: RunnerStatus;
  readonly #instance: Machine | undefined;
  readonly #stages: Stages;
  #isDelivered = false;

  constructor(
    dependencies: RunnerDependencies,
    runnerConfig: RunnerConfig,
    runnerStatus: RunnerStatus,
    instance?: Machine,
  ) {
    this.#dependencies = dependencies;
    this.config = runnerConfig;
    this.#status = runnerStatus;
    this.#instance = instance;
    this.#stages = new Stages(dependencies.clock ?? systemClock);
  }

  /** How long the parts of {@link create} took. */
  get stages(): Stages["tookMs"] {
    return this.#stages.tookMs;
  }

  get status(): RunnerStatus {
    return this.#status;
  }

  /**
   * Registers the runner, starts its instance or takes a standby instance, and returns once its application listens for
   * jobs or GitHub lists it as online. Registration and start run in parallel: GitHub's answer is needed only when the
   * guest is up.
   *
   * @throws {@link RunnerCreateError} when any part fails; nothing is left then, unless the clean-up fails too or the
   *   runner has a job by then. {@link StandbyLostError} is its cause when the standby instance was of no use.
   */
  async create(config: CreateRunnerConfig, signal: AbortSignal): Promise<void> {
    const { name } = this.config;
    try {
      await withDeadline(`start runner '${name}'`, config.startUpMs, signal, (limited, waitFor) =>
        this.#bringUp(config, limited, waitFor),
      );
    } catch (thrown) {
      const words = this.#isDelivered ? await this.#lastWords() : [];
      const reason = [messageOf(thrown), ...words].join("; ");
      // An aborted creation is no failure of the runner.
      if (this.#isDelivered && !signal.aborted) await this.#keepCapsule(reason);
      await this.#dependencies.postMortem.note(name, { event: "failed", reason });
      const { isLeft, fault } = await this.#cleanUp();
      const detail = [reason, ...fault].join("; ");
      throw new RunnerCreateError(name, detail, { cause: thrown, isLeft });
    }
    this.#status = { ...this.#status, exist: true, online: true, busy: false };
  }

  async #bringUp(config: CreateRunnerConfig, signal: AbortSignal, waitFor: Await): Promise<void> {
    const { machines } = this.#dependencies;
    const { name } = this.config;
    const parties = new Set<string>();
    const awaiting = async <T>(party: string, work: Promise<T>): Promise<T> => {
      waitFor([...parties.add(party)].join(" and "));
      const done = await work;
      parties.delete(party);
      if (parties.size > 0) waitFor([...parties].join(" and "));
      return done;
    };
    // First: without this token the runner would reject every job.
    if (config.policy) waitFor("the policy service");
    const settings = await guestOf(config, signal);
    await this.#take(config, signal);
    const failed = new AbortController();
    const either = AbortSignal.any([signal, failed.signal]);
    const abortOther = (thrown: unknown): never => {
      failed.abort(thrown);
      throw thrown;
    };
    // Wait for the end of both, so that the clean-up finds everything that they created.
    const [registered, launched] = await Promise.allSettled([
      awaiting(
        "GitHub's registration",
        this.#stages.measure("registered", this.#register(config, either)),
      ).catch(abortOther),
      awaiting("LXD, which starts the instance", this.#obtain(config, either)).catch(abortOther),
    ]);
    if (failed.signal.aborted) throw failed.signal.reason;
    if (registered.status === "rejected") throw registered.reason;
    if (launched.status === "rejected") throw launched.reason;
    const payload = renderPayload(bootstrapPayload(settings, name, registered.value));
    this.#isDelivered = true;
    waitFor("the guest");
    await this.#orLost(config, this.#deliver(payload, signal, waitFor), signal);
    await machines.note(name, { phase: "ready" }, signal);
  }

  async #deliver(payload: Secret, signal: AbortSignal, waitFor: Await): Promise<void> {
    const { machines, witness } = this.#dependencies;
    const { name } = this.config;
    const booted = this.#stages.begin("booted");
    let online: (() => void) | undefined;
    const deliver = (limited: AbortSignal) =>
      machines.deliver(name, payload, limited, (party) => {
        if (party === "the command in the guest") {
          booted();
          online ??= this.#stages.begin("online");
        }
        waitFor(party === "the command in the guest" ? LISTENING : party);
      });
    const answer = await listeningOrOnline(deliver, (limited) => witness?.online(name, limited), signal);
    if (answer !== "listening") throw new ApplicationEndedError(answer.ended);
    online?.();
  }

  /** Before the clean-up: with the instance goes what the guest says. */
  async #lastWords(): Promise<readonly string[]> {
    const { logs } = this.#dependencies;
    const { name } = this.config;
    const asked = unhindered(`ask runner '${name}' what failed`, LAST_WORDS_MS, (limited) =>
      logs.lastWords(name, limited),
    );
    const words = await asked.catch(() => undefined);
    return words === undefined ? [] : [words];
  }

  /** Gives the runner a running instance: a standby instance, or a new one. */
  async #obtain(config: CreateRunnerConfig, signal: AbortSignal): Promise<void> {
    if (config.takenAt === undefined) return this.#launch(config, signal);
    const { machines, postMortem } = this.#dependencies;
    await this.#orLost(config, machines.unfreeze(this.config.name, signal), signal);
    await postMortem.note(this.config.name, { event: "started" });
  }

  /** First: GitHub refuses a name that it has seen, so that none of a standby instance may be registered. */
  async #take(config: CreateRunnerConfig, signal: AbortSignal): Promise<void> {
    const { scopeKey, deadline, takenAt: createdAt } = config;
    if (createdAt === undefined) return;
    const taking = { scopeKey, deadline, createdAt };
    await this.#orLost(config, this.#dependencies.machines.take(this.config.name, taking, signal), signal);
  }

  /** What fails on a standby instance may work on a new one; an application that ends would end there too. */
  async #orLost<T>({ takenAt }: CreateRunnerConfig, work: Promise<T>, signal: AbortSignal): Promise<T> {
    try {
      return await work;
    } catch (thrown) {
      if (takenAt === undefined || signal.aborted || thrown instanceof ApplicationEndedError) throw thrown;
      throw new StandbyLostError(this.config.name, messageOf(thrown), { cause: thrown });
    }
  }

  async #keepCapsule(cause: string): Promise<void> {
    const { postMortem } = this.#dependencies;
    const { name: runner } = this.config;
    const { runnerId: id, online, busy } = this.#status;
    const registration = id === undefined ? undefined : { id, name: runner, online, busy };
    await unhindered(`keep the logs of runner '${runner}'`, CAPSULE_MS, (limited) =>
      postMortem.keep({ runner, cause, at: postMortem.now(), registration }, limited),
    ).catch(() => undefined);
  }

  async #launch(config: CreateRunnerConfig, signal: AbortSignal): Promise<void> {
    const { machines, metrics } = this.#dependencies;
    const { name } = this.config;
    const { image: template, profiles, configHash, scopeKey, deadline } = config;
    const share = await metrics.share(name, signal);
    await this.#stages.measure(
      "cloned",
      machines.launch({ name, template, profiles, configHash, scopeKey, deadline, share }, signal),
    );
    await this.#dependencies.postMortem.note(name, { event: "started" });
  }

  async #register(config: CreateRunnerConfig, signal: AbortSignal): Promise<GuestRegistration> {
    const { name } = this.config;
    const { labels, registrationToken, registrationUrl: url } = config;
    const registration: RunnerRegistration = registrationToken
      ? { by: "token", token: registrationToken, group: undefined }
      : await this.#dependencies.forge.register(name, labels, signal);
    if (registration.by === "token") return { ...registration, url, name, labels };
    const { id, jitConfig } = registration;
    this.#status = { ...this.#status, runnerId: id, exist: true };
    await this.#dependencies.postMortem.note(name, { event: "registered", id });
    return { by: "just-in-time", jitConfig };
  }

  /** Removes instance and registration after a failure. @returns whether they may be left, and the error of the removal */
  async #cleanUp(): Promise<{ readonly isLeft: boolean; readonly fault: readonly string[] }> {
    // After the delivery it may have a job, even if its answer was lost.
    const mayHaveJob = this.#isDelivered;
    const { machines, postMortem } = this.#dependencies;
    const { name } = this.config;
    try {
      // The failure may be the caller's abort: the clean-up has its own deadline.
      const outcome = await unhindered(`clean up after runner '${name}'`, CLEAN_UP_MS, async (limited) => {
        // GitHub's word is not enough: it has deleted the registrations of runners in a job.
        if (!mayHaveJob || !hasJob(await machines.inspect(name, limited)))
          return this.#takeAway(mayHaveJob, limited);
        await postMortem.note(name, { event: "stays" });
        return "busy";
      });
      return { isLeft: outcome === "busy", fault: [] };
    } catch (thrown) {
      return { isLeft: true, fault: [`and its clean-up failed: ${messageOf(thrown)}`] };
    }
  }

  /**
   * Removes the runner unless GitHub says that it has a job. Callers ask the guest before.
   *
   * A running instance is frozen first, so that it cannot take a job during the deregistration. GitHub refuses to delete
   * the registration of a runner that has a job; then the instance is unfrozen and kept. If no registration is known,
   * GitHub's list is read again while the instance is frozen, because lists lag.
   *
   * On an evacuated member of a cluster, where nothing can be frozen, the guest is asked after the deregistration: it may
   * have got a job just before it.
   *
   * @param _removeToken not needed: the API deletes the registration with the unit's credentials.
   * @returns `busy` when the runner has a job and is kept.
   * @throws {@link RunnerRemoveError}
   */
  async remove(_removeToken: Secret | undefined, signal: AbortSignal): Promise<"removed" | "busy"> {
    const state = this.#instance?.state;
    const isAlive = state === "running" || state === "frozen";
    try {
      return await this.#takeAway(isAlive, signal);
    } catch (thrown) {
      throw new RunnerRemoveError(this.config.name, messageOf(thrown), { cause: thrown });
    }
  }

  async #takeAway(mayHaveJob: boolean, signal: AbortSignal): Promise<"removed" | "busy"> {
    const { forge, machines, postMortem } = this.#dependencies;
    const { name } = this.config;
    const id = this.#status.runnerId;
    if (mayHaveJob) {
      const isFrozen = (await machines.freeze(name, signal)) === "done";
      const outcome = await this.#deregisterOrUnfreeze(signal);
      if (outcome === "busy" || (!isFrozen && hasJob(await machines.inspect(name, signal)))) {
        await postMortem.note(name, { event: "stays" });
        return "busy";
      }
      await postMortem.note(name, { event: "removing" });
      await machines.destroy(name, signal);
    } else {
      await postMortem.note(name, { event: "removing" });
      const halves = [
        machines.destroy(name, signal),
        ...(id === undefined ? [] : [forge.deregister(id, signal)]),
      ];
      const failed = (await Promise.allSettled(halves)).find((outcome) => outcome.status === "rejected");
      if (failed) throw failed.reason;
    }
    await postMortem.note(name, { event: "removed" });
    this.#status = { runnerId: undefined, exist: false, online: false, busy: false };
    return "removed";
  }

  async #deregisterOrUnfreeze(signal: AbortSignal): Promise<"gone" | "busy"> {
    const { forge, machines } = this.#dependencies;
    const { name } = this.config;
    const unfreeze = () =>
      unhindered(`unfreeze runner '${name}'`, CLEAN_UP_MS, (limited) => machines.unfreeze(name, limited));
    try {
      const id = this.#status.runnerId ?? (await this.#findRegistration(signal));
      const outcome = id === undefined ? "gone" : await forge.deregister(id, signal);
      if (outcome === "busy") await unfreeze();
      return outcome;
    } catch (thrown) {
      // It may be busy: a runner that stays frozen would lose its job.
      await unfreeze();
      throw thrown;
    }
  }

  /** Only GitHub's list has the identifier of a runner that has registered itself. */
  async #findRegistration(signal: AbortSignal): Promise<number | undefined> {
    const registrations = await this.#dependencies.forge.list(signal);
    return registrations.find(({ name }) => name === this.config.name)?.id;
  }

  /**
   * Copies the journal and the runner application's diagnostics from the running instance to the host, where they outlive
   * the instance.
   *
   * @returns the directory of the logs.
   * @throws {@link RunnerLogsError}
   */
  async pullLogs(signal: AbortSignal): Promise<string> {
    const { name } = this.config;
    try {
      return await withDeadline(`pull the logs of runner '${name}'`, LOGS_MS, signal, (limited) =>
        this.#dependencies.logs.pull(name, limited),
      );
    } catch (thrown) {
      throw new RunnerLogsError(name, messageOf(thrown), { cause: thrown });
    }
  }
}

/** Whether a guest says that its runner has a job. */
export function hasJob(activity: GuestActivity | undefined): boolean {
  return activity === "job" || activity === "job-started-hook";
}

/** The settings of one runner, with a token of its own for the policy check. */
async function guestOf({ guest, policy }: CreateRunnerConfig, signal: AbortSignal): Promise<GuestSettings> {
  if (!policy) return guest;
  return { ...guest, policy: await policy.access(signal) };
}

/** The one that a runner's start waits for last. */
const LISTENING =
  "the runner application, which neither says that it listens for jobs nor is online at GitHub";
const LAST_WORDS_MS = 10_000;
/** Longest time that a capsule delays the clean-up of a failed creation, in milliseconds. */
const CAPSULE_MS = 15_000;
const LOGS_MS = 60_000;
const CLEAN_UP_MS = 60_000;
