import type { JobFacts, JobQuery } from "../metrics/ports.ts";
import { NotFoundError } from "./errors.ts";
import type { GithubApi } from "./github-api.ts";
import { parseGithubPath, type GithubPath } from "./path.ts";
import { readJobPage } from "./shapes.ts";

const PER_PAGE = 100;
/** A run has at most 256 jobs per attempt. */
const MOST_PAGES = 5;

/** Finds the job that a runner had (https://docs.github.com/rest/actions/workflow-jobs). */
export class JobLookup {
  readonly #api: GithubApi;
  readonly #path: GithubPath;
  #renamed: Promise<GithubPath | undefined> | undefined;

  constructor(api: GithubApi, path: GithubPath) {
    this.#api = api;
    this.#path = path;
  }

  /**
   * Searches the run's jobs for that of the runner.
   *
   * @returns undefined if there is none, and for a repository outside of the unit's path. Untrusted: the query comes from
   *   the guest, which must not choose the target of the unit's requests.
   */
  async find({ repository, runId, runner }: JobQuery, signal: AbortSignal): Promise<JobFacts | undefined> {
    const [owner = "", repo = ""] = repository.split("/");
    if (!isWithin(this.#path, owner, repo) && !(await this.#isWithinRenamed(owner, repo, signal)))
      return undefined;
    const action = `read the jobs of run ${runId} of '${repository}'`;
    const route = `/actions/runs/{run_id}/jobs`;
    for (let page = 1; page <= MOST_PAGES; page += 1) {
      const parameters = { run_id: runId, filter: "all", per_page: PER_PAGE, page };
      const call = { action, method: "GET", route, repository: { owner, repo }, parameters } as const;
      const answer = await this.#api.send(call, signal).catch(absentWhereNotFound);
      if (!answer) return undefined;
      const jobs = readJobPage(answer.body);
      if (!jobs) throw this.#api.garbage(action, answer);
      const job = jobs.find(({ runnerName }) => runnerName === runner);
      if (job) return job.facts;
      if (!answer.hasNext) return undefined;
    }
    return undefined;
  }

  /** GitHub redirects requests for an old name, while jobs report the new one. */
  async #isWithinRenamed(owner: string, repository: string, signal: AbortSignal): Promise<boolean> {
    // Old names of organisations and enterprises answer 404.
    if (this.#path.kind !== "repository") return false;
    const renamed = await (this.#renamed ??= this.#presentPath(signal));
    return renamed !== undefined && isWithin(renamed, owner, repository);
  }

  async #presentPath(signal: AbortSignal): Promise<GithubPath | undefined> {
    const action = `read the present name of '${this.#api.path}'`;
    const answer = await this.#api
      .send({ action, method: "GET", route: "" }, signal)
      .catch(absentWhereNotFound);
    const { full_name: fullName } = Object(answer?.body) as { full_name?: unknown };
    return typeof fullName === "string" ? readPath(fullName) : undefined;
  }
}

function readPath(text: string): GithubPath | undefined {
  try {
    return parseGithubPath(text);
  } catch {
    return undefined;
  }
}

function isWithin(path: GithubPath, owner: string, repository: string): boolean {
  const isSame = (left: string, right: string) => left.toLowerCase() === right.toLowerCase();
  switch (path.kind) {
    case "repository":
      return isSame(path.owner, owner) && isSame(path.repository, repository);
    case "organisation":
      return isSame(path.organisation, owner);
    case "enterprise":
      return true;
  }
}

function absentWhereNotFound(thrown: unknown): undefined {
  if (thrown instanceof NotFoundError) return undefined;
  throw thrown;
}
