import type {
  Arch,
  DeregisterOutcome,
  Forge,
  RunnerRegistration,
  Registration,
  RunnerApplication,
} from "../runners/ports.ts";
import type { JobFacts, JobQuery, Jobs } from "../metrics/ports.ts";
import type { Clock, Logger, Redactor } from "charm-kit";
import {
  GithubDeadlineError,
  GithubError,
  NameTakenError,
  NotFoundError,
  RefusedError,
  RegistrationLostError,
  UnavailableError,
} from "./errors.ts";
import type { GithubApi } from "./github-api.ts";
import type { JobLookup } from "./job-lookup.ts";
import type { QueuedJobs } from "./queued-jobs.ts";
import { LiveConfigurations } from "./live-configurations.ts";
import type { RunnerGroups } from "./runner-groups.ts";
import type { RunnerList } from "./runner-list.ts";
import type { LeftScaleSets } from "./left-scale-sets.ts";
import type { UnitScaleSet } from "./unit-scale-set.ts";
import type { TokenRegistration } from "./token-registration.ts";
import { readApplications, readJitConfig, readRunner } from "./shapes.ts";

export interface GithubForgeDependencies {
  readonly api: GithubApi;
  readonly list: RunnerList;
  readonly groups: RunnerGroups;
  readonly tokens: TokenRegistration;
  readonly jobs: JobLookup;
  readonly queue: QueuedJobs;
  /** New runners are those of this scale set. @default runners of none */
  readonly scaleSet?: UnitScaleSet | undefined;
  /** New runners are for jobs of these, which the unit has left. @default runners of none */
  readonly leftScaleSets?: LeftScaleSets | undefined;
  /** What the unit has left of scale sets on the path of its configuration; new runners are those of none. @default nothing */
  readonly unusedScaleSets?: LeftScaleSets | undefined;
  /** Hides secrets of GitHub in output. */
  readonly redactor: Redactor | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

/** GitHub's default; relative to the directory of the runner application. */
const WORK_FOLDER = "_work";
/** GitHub tells no end of a download token; it is valid for an hour. */
const DOWNLOAD_TOKEN_MS = 60 * 60_000;

/**
 * Client for the runners of one repository, organisation or enterprise
 * (https://docs.github.com/rest/actions/self-hosted-runners). All methods throw a {@link GithubError}, or the signal's
 * reason when it is aborted.
 */
export class GithubForge implements Forge, Jobs {
  readonly #dependencies: GithubForgeDependencies;
  readonly #configurations: LiveConfigurations;

  constructor(dependencies: GithubForgeDependencies) {
    this.#dependencies = dependencies;
    this.#configurations = new LiveConfigurations(dependencies);
  }

  /** All runners of the scope, including those of others, each once. If one page fails, the list fails. */
  async list(signal: AbortSignal): Promise<readonly Registration[]> {
    const { clock, list } = this.#dependencies;
    const askedAt = clock.now();
    const runners = await list.read(signal);
    // An entry without a readable ID may be any runner.
    if (!runners.some(({ isUnreadable }) => isUnreadable))
      this.#configurations.listed(new Set(runners.map(({ id }) => id)), askedAt);
    return runners;
  }

  /** Ends the use of this client. Its secrets stay hidden as long as they are of use. */
  close(): void {
    this.#configurations.close();
    // Nothing waits for connections that end.
    const { leftScaleSets, scaleSet, unusedScaleSets } = this.#dependencies;
    (scaleSet ?? leftScaleSets ?? unusedScaleSets)?.close().catch(() => undefined);
  }

  /** Scale sets of a path that the unit has left; undefined on the path of its configuration. */
  get leftScaleSets(): LeftScaleSets | undefined {
    return this.#dependencies.leftScaleSets;
  }

  /** Scale sets from before the number of runners was fixed. */
  get unusedScaleSets(): LeftScaleSets | undefined {
    return this.#dependencies.unusedScaleSets;
  }

  /** The unit's scale set; undefined with a fixed number of runners. */
  get scaleSet(): UnitScaleSet | undefined {
    return this.#dependencies.scaleSet;
  }

  /** The jobs that wait, as the REST API shows them. */
  get queue(): QueuedJobs {
    return this.#dependencies.queue;
  }

  /** One runner, if it is registered. */
  async get(id: number, signal: AbortSignal): Promise<Registration | undefined> {
    const { api } = this.#dependencies;
    const action = `read runner ${id}`;
    try {
      const parameters = { runner_id: id };
      const answer = await api.send(
        { action, method: "GET", route: "/actions/runners/{runner_id}", parameters },
        signal,
      );
      const runner = readRunner(answer.body);
      if (!runner) throw api.garbage(action, answer);
      return runner;
    } catch (thrown) {
      if (thrown instanceof NotFoundError) return undefined;
      throw thrown;
    }
  }

  /** Finds the runner group, or makes the scale set. GitHub has no request that checks the rest without registering a runner. */
  async checkRegistration(signal: AbortSignal): Promise<void> {
    const { groups, scaleSet, tokens } = this.#dependencies;
    if (scaleSet) await scaleSet.ensure(signal);
    else if (tokens.current() === undefined) await groups.id(signal);
  }

  /**
   * Registers a runner for one job, or lets it register itself where the server has no just-in-time configuration.
   *
   * The request is never repeated: GitHub may have registered the runner although its answer was lost, and would then
   * refuse the name. Such a registration is searched and deleted.
   *
   * @throws `NameTakenError` and `RegistrationLostError`, after which the next attempt needs a new name.
   */
  async register(name: string, labels: readonly string[], signal: AbortSignal): Promise<RunnerRegistration> {
    const { groups, leftScaleSets, scaleSet, tokens } = this.#dependencies;
    const inScaleSet = scaleSet ?? leftScaleSets;
    if (inScaleSet) {
      // A scale set gives its own labels to its runners.
      const registration = await inScaleSet.register(name, signal);
      this.#configurations.add(registration.id, registration.jitConfig.reveal());
      return { by: "just-in-time", ...registration };
    }
    const byToken = tokens.current();
    if (byToken) return byToken;
    const group = await groups.id(signal);
    try {
      return await this.#generate({ name, labels, runner_group_id: group, work_folder: WORK_FOLDER }, signal);
    } catch (thrown) {
      if (!(thrown instanceof GithubError)) throw thrown;
      // The group may have been deleted.
      if (thrown instanceof NotFoundError || thrown instanceof RefusedError) groups.forget();
      if (thrown instanceof NotFoundError && tokens.isPossible) {
        return await tokens.detect({ runner: name, group }, thrown, signal);
      }
      if (thrown.status === 409) throw new NameTakenError(name, thrown);
      if (!isAnswerLost(thrown)) throw thrown;
      throw new RegistrationLostError(name, await this.#takeBack(name, signal), thrown);
    }
  }

  /** Deletes a registration. A missing one counts as gone; GitHub keeps the registration of a runner that has a job. */
  async deregister(id: number, signal: AbortSignal): Promise<DeregisterOutcome> {
    const parameters = { runner_id: id };
    try {
      await this.#dependencies.api.send(
        {
          action: `deregister runner ${id}`,
          method: "DELETE",
          route: "/actions/runners/{runner_id}",
          parameters,
        },
        signal,
      );
      return "gone";
    } catch (thrown) {
      if (thrown instanceof NotFoundError) return "gone";
      if (thrown instanceof RefusedError && thrown.status === 422) return "busy";
      throw thrown;
    }
  }

  /** The job that a runner had in a workflow run. Untrusted: the query comes from the guest. */
  job(query: JobQuery, signal: AbortSignal): Promise<JobFacts | undefined> {
    return this.#dependencies.jobs.find(query, signal);
  }

  /** The runner application for Linux that GitHub offers now; not always the newest release. */
  async application(arch: Arch, signal: AbortSignal): Promise<RunnerApplication> {
    const { api } = this.#dependencies;
    const action = `find the runner application for linux ${arch}`;
    const answer = await api.send({ action, method: "GET", route: "/actions/runners/downloads" }, signal);
    const offered = readApplications(answer.body);
    if (!offered) throw api.garbage(action, answer);
    const match = offered.find(({ os, architecture }) => os === "linux" && architecture === arch);
    if (!match) throw new UnavailableError(action, "GitHub offers none", answer);
    const { downloadToken } = match.application;
    const { clock, redactor } = this.#dependencies;
    if (downloadToken) redactor?.add(downloadToken.reveal(), clock.now() + DOWNLOAD_TOKEN_MS);
    return match.application;
  }

  async #generate(
    parameters: Readonly<Record<string, unknown>>,
    signal: AbortSignal,
  ): Promise<RunnerRegistration> {
    const { api } = this.#dependencies;
    const action = `register runner '${String(parameters["name"])}'`;
    const answer = await api.send(
      { action, method: "POST", route: "/actions/runners/generate-jitconfig", parameters },
      signal,
    );
    const registration = readJitConfig(answer.body);
    if (!registration) throw api.garbage(action, answer);
    this.#configurations.add(registration.id, registration.jitConfig.reveal());
    return { by: "just-in-time", ...registration };
  }

  /** Deletes the registration that a lost answer may have left. If it is not listed yet, the next reconcile finds it. */
  async #takeBack(name: string, signal: AbortSignal): Promise<boolean> {
    try {
      const found = await this.#dependencies.list.find(name, signal);
      return found === undefined || (await this.deregister(found.id, signal)) === "gone";
    } catch (thrown) {
      if (!(thrown instanceof GithubError)) throw thrown;
      this.#dependencies.log.warning("Cannot delete the registration of a lost answer", {
        runner: name,
        reason: thrown.message,
      });
      return false;
    }
  }
}

/** Whether GitHub may have executed the request. */
function isAnswerLost(error: GithubError): boolean {
  return error instanceof UnavailableError || error instanceof GithubDeadlineError;
}
