import type {
  Arch,
  DeregisterOutcome,
  Forge,
  RunnerRegistration,
  Registration,
  RunnerApplication,
} from "../runners/ports.ts";
import type { JobFacts, JobQuery, Jobs } from "../metrics/ports.ts";
import type { Logger, Redactor } from "charm-kit";
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
import type { RunnerGroups } from "./runner-groups.ts";
import type { RunnerList } from "./runner-list.ts";
import type { TokenRegistration } from "./token-registration.ts";
import { readApplications, readJitConfig, readRunner } from "./shapes.ts";

/** What a {@link GithubForge} is made of. */
export interface GithubForgeDependencies {
  readonly api: GithubApi;
  readonly list: RunnerList;
  readonly groups: RunnerGroups;
  readonly tokens: TokenRegistration;
  readonly jobs: JobLookup;
  /** Learns the secrets that GitHub gives out. */
  readonly redactor: Redactor | undefined;
  readonly log: Logger;
}

/** Below the runner user's directory in the guest; GitHub's own default. */
const WORK_FOLDER = "_work";

/**
 * The runners of one repository, organisation or enterprise on GitHub, by its REST API
 * (https://docs.github.com/rest/actions/self-hosted-runners). All methods throw a {@link GithubError}, or the signal's
 * reason when it is aborted.
 */
export class GithubForge implements Forge, Jobs {
  readonly #dependencies: GithubForgeDependencies;

  constructor(dependencies: GithubForgeDependencies) {
    this.#dependencies = dependencies;
  }

  /** All runners of the scope, other people's among them, each once; a page that fails fails the list. */
  list(signal: AbortSignal): Promise<readonly Registration[]> {
    return this.#dependencies.list.read(signal);
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

  /**
   * Registers a runner for one job, or lets it register itself where the server has no just-in-time configuration.
   *
   * The request is never repeated: GitHub may have registered the runner although its answer is lost, and it then refuses
   * the name. Such a registration is looked for and deleted.
   *
   * @throws `NameTakenError` and `RegistrationLostError`, after which the next attempt needs a new name.
   */
  async register(name: string, labels: readonly string[], signal: AbortSignal): Promise<RunnerRegistration> {
    const { groups, tokens } = this.#dependencies;
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

  /** Deletes a registration; one that is not there counts as gone, and GitHub keeps that of a runner that has a job. */
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

  /** The job that a runner had in a workflow run, by what its guest says of it. */
  job(query: JobQuery, signal: AbortSignal): Promise<JobFacts | undefined> {
    return this.#dependencies.jobs.find(query, signal);
  }

  /** The runner application for Linux that GitHub offers at this moment; not always the newest release. */
  async application(arch: Arch, signal: AbortSignal): Promise<RunnerApplication> {
    const { api } = this.#dependencies;
    const action = `find the runner application for linux ${arch}`;
    const answer = await api.send({ action, method: "GET", route: "/actions/runners/downloads" }, signal);
    const offered = readApplications(answer.body);
    if (!offered) throw api.garbage(action, answer);
    const match = offered.find(({ os, architecture }) => os === "linux" && architecture === arch);
    if (!match) throw new UnavailableError(action, "GitHub offers none", answer);
    const { downloadToken } = match.application;
    if (downloadToken) this.#dependencies.redactor?.add(downloadToken.reveal());
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
    this.#dependencies.redactor?.add(registration.jitConfig.reveal());
    return { by: "just-in-time", ...registration };
  }

  /** Deletes what a lost answer may have left. What is not found now, the next reconcile finds by its name. */
  async #takeBack(name: string, signal: AbortSignal): Promise<boolean> {
    try {
      const found = await this.#dependencies.list.find(name, signal);
      return found === undefined || (await this.deregister(found.id, signal)) === "gone";
    } catch (thrown) {
      if (!(thrown instanceof GithubError)) throw thrown;
      this.#dependencies.log.warning("Registration of a lost answer not taken back", {
        runner: name,
        reason: thrown.message,
      });
      return false;
    }
  }
}

/** Whether GitHub may have done what it was asked for. */
function isAnswerLost(error: GithubError): boolean {
  return error instanceof UnavailableError || error instanceof GithubDeadlineError;
}
