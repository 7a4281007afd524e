import { RunnerGroupError, UnavailableError } from "./errors.ts";
import type { GithubApi } from "./github-api.ts";
import { SharedWork } from "./shared-work.ts";
import { readRunnerGroups, type RunnerGroup } from "./shapes.ts";

/** ID of the default group. */
const DEFAULT_GROUP = 1;
const PER_PAGE = 100;
const MOST_PAGES = 100;

/** Finds and remembers the ID of the runner group. */
export class RunnerGroups {
  readonly #api: GithubApi;
  readonly #name: string;
  #found: number | undefined;
  readonly #finding = new SharedWork<number>();

  /** @param name the option `group`; ignored for repositories, which have the default group only. */
  constructor(api: GithubApi, name: string) {
    this.#api = api;
    this.#name = name;
  }

  /** The group for `config.sh`; undefined for the default group. */
  get name(): string | undefined {
    return this.#isDefault ? undefined : this.#name;
  }

  get #isDefault(): boolean {
    return !this.#api.scope.hasRunnerGroups || this.#name.toLowerCase() === "default";
  }

  /**
   * The ID of the group.
   *
   * @throws `RunnerGroupError` when the scope has no group of this name.
   */
  async id(signal: AbortSignal): Promise<number> {
    if (this.#isDefault) return DEFAULT_GROUP;
    this.#found ??= await this.#finding.run((shared) => this.#find(shared), signal);
    return this.#found;
  }

  /** Finds the ID again the next time: the group may have been deleted and created again. */
  forget(): void {
    this.#found = undefined;
  }

  async #find(signal: AbortSignal): Promise<number> {
    const groups = await this.#list(signal);
    const wanted = this.#name.toLowerCase();
    const group =
      groups.find(({ name }) => name === this.#name) ??
      groups.find(({ name }) => name.toLowerCase() === wanted);
    if (group) return group.id;
    throw new RunnerGroupError(
      this.#name,
      this.#api.path,
      groups.map(({ name }) => name),
    );
  }

  async #list(signal: AbortSignal): Promise<RunnerGroup[]> {
    const action = `list the runner groups of '${this.#api.path}'`;
    const groups: RunnerGroup[] = [];
    for (let page = 1; page <= MOST_PAGES; page += 1) {
      const answer = await this.#api.send(
        { action, method: "GET", route: "/actions/runner-groups", parameters: { per_page: PER_PAGE, page } },
        signal,
      );
      const body = answer.status === 200 ? readRunnerGroups(answer.body) : undefined;
      if (!body) throw this.#api.garbage(action, answer);
      groups.push(...body);
      if (!answer.hasNext) return groups;
    }
    throw new UnavailableError(action, `GitHub's list does not end after ${MOST_PAGES} pages`);
  }
}
