import type { JobFacts, JobQuery } from "../metrics/ports.ts";
import type { GithubApi } from "./github-api.ts";
import type { GithubPath } from "./path.ts";
import { absentWhereNotFound, RepositoriesOfPath } from "./repositories-of-path.ts";
import { readJobPage } from "./shapes.ts";

const PER_PAGE = 100;
/** A run has at most 256 jobs per attempt. */
const MOST_PAGES = 5;

/** Finds the job that a runner had (https://docs.github.com/rest/actions/workflow-jobs). */
export class JobLookup {
  readonly #api: GithubApi;
  readonly #repositories: RepositoriesOfPath;

  constructor(api: GithubApi, path: GithubPath) {
    this.#api = api;
    this.#repositories = new RepositoriesOfPath(api, path);
  }

  /**
   * Searches the run's jobs for that of the runner.
   *
   * @returns undefined if there is none, and for a repository outside of the unit's path. Untrusted: the query comes from
   *   the guest, which must not choose the target of the unit's requests.
   */
  async find({ repository, runId, runner }: JobQuery, signal: AbortSignal): Promise<JobFacts | undefined> {
    const [owner = "", repo = ""] = repository.split("/");
    if (!(await this.#repositories.include(owner, repo, signal))) return undefined;
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
}
