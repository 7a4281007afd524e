import { settleAll } from "charm-kit";
import type { GroupRules, QueuedJob, QueueReading, QueueSource } from "../unit/ports.ts";
import { ConditionalReads } from "./conditional-reads.ts";
import { MissingPermissionError, NotFoundError } from "./errors.ts";
import type { GithubApi } from "./github-api.ts";
import type { GithubPath } from "./path.ts";
import type { RepositoriesOfPath } from "./repositories-of-path.ts";
import type { RunnerGroups } from "./runner-groups.ts";
import {
  readFullName,
  readGroupMembers,
  readGroupRules,
  type GroupReading,
  readQueuedJobs,
  readRepositoryNames,
  readRunIds,
} from "./queue-shapes.ts";

/** Most repositories of a reading, those that are known included. */
const MOST_REPOSITORIES = 15;
/** Repositories that were pushed to last. */
const RECENT = 10;
/** Runs of a repository and status. */
const RUNS = 20;
/** Most runs of which the jobs are read. */
const MOST_RUNS = 60;
/** A run has at most 256 jobs, and those that wait are the last. */
const MOST_JOB_PAGES = 3;
const MOST_MEMBERS = 1000;
const PER_PAGE = 100;
const CONCURRENCY = 4;
/** A run that has begun may have further jobs that wait. */
const STATUSES = ["queued", "in_progress"] as const;

export interface QueuedJobsDependencies {
  readonly api: GithubApi;
  readonly path: GithubPath;
  readonly groups: RunnerGroups;
  readonly repositories: RepositoriesOfPath;
}

/** A repository, in the words of the route's template. */
interface Repository {
  readonly owner: string;
  readonly repo: string;
}

/**
 * Jobs that wait in the recently active repositories of a path (https://docs.github.com/rest/actions/workflow-runs). All
 * requests are conditional: where nothing has changed, a reading costs nothing of the primary rate limit.
 */
export class QueuedJobs implements QueueSource {
  readonly #dependencies: QueuedJobsDependencies;
  readonly #rules: ConditionalReads<GroupReading>;
  readonly #members: ConditionalReads<readonly string[]>;
  readonly #names: ConditionalReads<readonly string[]>;
  readonly #runs: ConditionalReads<readonly number[]>;
  readonly #jobs: ConditionalReads<readonly Omit<QueuedJob, "repository">[]>;

  constructor(dependencies: QueuedJobsDependencies) {
    const { api } = dependencies;
    this.#dependencies = dependencies;
    this.#rules = new ConditionalReads(api, readGroupRules);
    this.#members = new ConditionalReads(api, readGroupMembers);
    this.#names = new ConditionalReads(api, readRepositoryNames);
    this.#runs = new ConditionalReads(api, readRunIds);
    this.#jobs = new ConditionalReads(api, readQueuedJobs);
  }

  async read(known: readonly string[], signal: AbortSignal): Promise<QueueReading> {
    const { names, gaps } = await this.#repositories(known, signal);
    const runs = await settleAll(names, CONCURRENCY, (name) => this.#runsOf(name, signal));
    signal.throwIfAborted();
    const found: { readonly name: string; readonly run: number }[] = [];
    const repositories: string[] = [];
    for (const [index, outcome] of runs.entries()) {
      const name = names[index] ?? "";
      if (outcome.status === "rejected") gaps.push(gapOf(name, outcome.reason));
      else {
        repositories.push(name);
        found.push(...outcome.value.ids.map((run) => ({ name, run })));
        if (outcome.value.hasMore) gaps.push(`only the last ${RUNS} runs of ${name} were read`);
      }
    }
    if (found.length > MOST_RUNS) gaps.push(`only ${MOST_RUNS} of ${found.length} runs were read`);
    const lists = await settleAll(found.slice(0, MOST_RUNS), CONCURRENCY, ({ name, run }) =>
      this.#jobsOf(name, run, signal),
    );
    signal.throwIfAborted();
    const jobs: QueuedJob[] = [];
    for (const [index, outcome] of lists.entries()) {
      if (outcome.status === "fulfilled") jobs.push(...outcome.value);
      else gaps.push(gapOf(found[index]?.name ?? "", outcome.reason));
    }
    jobs.sort((left, right) => left.queuedAt - right.queuedAt || left.id - right.id);
    return { jobs, repositories, gaps: [...new Set(gaps)] };
  }

  async groupRules(signal: AbortSignal): Promise<GroupRules | undefined> {
    const { api, groups, path } = this.#dependencies;
    if (!api.scope.hasRunnerGroups) return undefined;
    const id = await groups.id(signal);
    const route = "/actions/runner-groups/{runner_group_id}";
    const parameters = { runner_group_id: id };
    const action = `read runner group ${id} of '${api.path}'`;
    const { value } = await this.#rules.read({ action, route, parameters }, signal);
    if (!value.isSelected) return value.rules;
    const list = path.kind === "enterprise" ? "organizations" : "repositories";
    const pages = await this.#members.readPages(
      {
        action: `list what runner group ${id} of '${api.path}' serves`,
        route: `${route}/${list}`,
        parameters,
      },
      signal,
    );
    const members = pages.flat();
    // Of a list that is longer, nothing follows from one that is missing.
    return members.length < MOST_MEMBERS ? { ...value.rules, members } : value.rules;
  }

  async isPublic(name: string, signal: AbortSignal): Promise<boolean | undefined> {
    const { api } = this.#dependencies;
    const call = { action: `read '${name}'`, route: "", repository: repositoryOf(name) };
    try {
      const answer = await api.send({ ...call, method: "GET" }, signal);
      return readFullName(answer.body)?.isPublic;
    } catch (thrown) {
      if (isUnreadable(thrown)) return undefined;
      throw thrown;
    }
  }

  async #repositories(
    known: readonly string[],
    signal: AbortSignal,
  ): Promise<{ readonly names: readonly string[]; readonly gaps: string[] }> {
    const { path, repositories } = this.#dependencies;
    if (path.kind === "repository") return { names: [`${path.owner}/${path.repository}`], gaps: [] };
    const own: string[] = [];
    for (const name of known) {
      const { owner, repo } = repositoryOf(name);
      if (await repositories.include(owner, repo, signal)) own.push(name);
    }
    const listed = await this.#recent(signal);
    const unique = new Map([...own, ...listed.names].map((name) => [name.toLowerCase(), name]));
    return { names: [...unique.values()].slice(0, MOST_REPOSITORIES), gaps: [...listed.gaps] };
  }

  /** The repositories that were pushed to last. */
  async #recent(
    signal: AbortSignal,
  ): Promise<{ readonly names: readonly string[]; readonly gaps: readonly string[] }> {
    const { api, path } = this.#dependencies;
    if (path.kind !== "organisation")
      return { names: [], gaps: ["GitHub lists no repositories of an enterprise"] };
    const call = {
      action: `list the repositories of '${api.path}'`,
      route: "/repos",
      parameters: { type: "all", sort: "pushed", direction: "desc", per_page: RECENT, page: 1 },
    };
    try {
      const { value, hasNext } = await this.#names.read(call, signal);
      return {
        names: value,
        gaps: hasNext ? [`only the ${RECENT} repositories that were pushed to last were read`] : [],
      };
    } catch (thrown) {
      if (isUnreadable(thrown))
        return { names: [], gaps: ["the repositories of the organisation cannot be listed"] };
      throw thrown;
    }
  }

  async #runsOf(
    name: string,
    signal: AbortSignal,
  ): Promise<{ readonly ids: readonly number[]; readonly hasMore: boolean }> {
    const ids: number[] = [];
    let hasMore = false;
    for (const status of STATUSES) {
      const call = {
        action: `list the workflow runs of '${name}'`,
        route: "/actions/runs",
        repository: repositoryOf(name),
        parameters: { status, exclude_pull_requests: true, per_page: RUNS, page: 1 },
      };
      const { value, hasNext } = await this.#runs.read(call, signal);
      ids.push(...value);
      hasMore ||= hasNext;
    }
    return { ids: [...new Set(ids)], hasMore };
  }

  async #jobsOf(name: string, run: number, signal: AbortSignal): Promise<readonly QueuedJob[]> {
    const jobs: QueuedJob[] = [];
    for (let page = 1; page <= MOST_JOB_PAGES; page += 1) {
      const call = {
        action: `read the jobs of run ${run} of '${name}'`,
        route: "/actions/runs/{run_id}/jobs",
        repository: repositoryOf(name),
        parameters: { run_id: run, filter: "latest", per_page: PER_PAGE, page },
      };
      const { value, hasNext } = await this.#jobs.read(call, signal);
      jobs.push(...value.map((job) => ({ ...job, repository: name })));
      if (!hasNext) break;
    }
    return jobs;
  }
}

function repositoryOf(name: string): Repository {
  const [owner = "", repo = ""] = name.split("/");
  return { owner, repo };
}

/** Whether GitHub answers, and shows this to nobody with these credentials. */
function isUnreadable(thrown: unknown): boolean {
  return thrown instanceof NotFoundError || thrown instanceof MissingPermissionError;
}

/** @throws the error of a GitHub that answers nothing, which is no gap. */
function gapOf(name: string, thrown: unknown): string {
  if (thrown instanceof NotFoundError) return `the jobs of ${name} cannot be read: GitHub does not show them`;
  if (thrown instanceof MissingPermissionError)
    return `the jobs of ${name} cannot be read: the credentials lack the permission 'actions: read'`;
  throw thrown;
}
