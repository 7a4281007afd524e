import {
  isSameRepository,
  repositoryText,
  type CheckRequest,
  type PullRequestOfJob,
} from "../compliance/check-request.ts";
import type {
  Approval,
  PullRequestFacts,
  PullRequestSource,
  RepositoryFacts,
  RepositoryReader,
  ReviewRequirement,
} from "../compliance/ports.ts";
import { approversOf } from "./approvals.ts";
import { ConditionalReads, type Read } from "./conditional-reads.ts";
import type { GithubApi } from "./github-api.ts";
import { absentWhereNotFound, type RepositoriesOfPath } from "./repositories-of-path.ts";
import {
  type BranchRule,
  readBranchRules,
  readCollaborators,
  readComments,
  readDefaultBranch,
  readIsProtected,
  readMayWrite,
  readProtection,
  readPullRequests,
  readReviews,
  readRuleset,
} from "./repository-shapes.ts";

/** Most people whose permission is read for one check. */
const MOST_APPROVERS = 10;

/** Makes the request for a part of the checked repository. */
type ReadOf = (what: string, route: string, parameters?: Read["parameters"]) => Read;

/**
 * Reads what the policy's rules are about (https://docs.github.com/rest/branches/branch-protection, .../repos/rules,
 * .../collaborators/collaborators, .../pulls/reviews and .../issues/comments). All methods throw a `GithubError`, or the
 * signal's reason when it is aborted.
 */
export class GithubRepositoryReader implements RepositoryReader {
  readonly #repositories: RepositoriesOfPath;
  readonly #reads;

  constructor(api: Pick<GithubApi, "send" | "garbage">, repositories: RepositoriesOfPath) {
    this.#repositories = repositories;
    this.#reads = {
      defaultBranch: new ConditionalReads(api, readDefaultBranch),
      isProtected: new ConditionalReads(api, readIsProtected),
      protection: new ConditionalReads(api, readProtection),
      rules: new ConditionalReads(api, readBranchRules),
      ruleset: new ConditionalReads(api, readRuleset),
      collaborators: new ConditionalReads(api, readCollaborators),
      mayWrite: new ConditionalReads(api, readMayWrite),
      pullRequests: new ConditionalReads(api, readPullRequests),
      comments: new ConditionalReads(api, readComments),
      reviews: new ConditionalReads(api, readReviews),
    };
  }

  async read(
    { repository, pullRequest }: CheckRequest,
    signal: AbortSignal,
  ): Promise<RepositoryFacts | undefined> {
    const { owner, name } = repository;
    if (!(await this.#repositories.include(owner, name, signal))) return undefined;
    const of: ReadOf = (what, route, parameters = {}) => ({
      action: `read ${what} of '${repositoryText(repository)}'`,
      repository: { owner, repo: name },
      route,
      parameters,
    });
    const outside = of("the outside collaborators", "/collaborators", {
      affiliation: "outside",
      permission: "triage",
    });
    const isFork = pullRequest !== undefined && !isSameRepository(pullRequest.source, repository);
    const [collaborators, facts] = await Promise.all([
      this.#reads.collaborators.readPages(outside, signal),
      pullRequest && this.#readPullRequest(of, { ...pullRequest, isFork }, signal),
    ]);
    return { outsideCollaborators: collaborators.flat(), pullRequest: facts };
  }

  async #readPullRequest(
    of: ReadOf,
    pullRequest: PullRequestOfJob & { readonly isFork: boolean },
    signal: AbortSignal,
  ): Promise<PullRequestFacts> {
    const { commit, isFork, targetBranch: branch } = pullRequest;
    const [defaultBranch, isProtected, rules, source] = await Promise.all([
      this.#reads.defaultBranch.read(of("the default branch", ""), signal),
      this.#reads.isProtected.read(of(`branch '${branch}'`, "/branches/{branch}", { branch }), signal),
      this.#readRules(of, branch, signal),
      this.#readSource(of, pullRequest, signal),
    ]);
    const isDefault = defaultBranch.value === branch;
    const hasProtection = isProtected.value;
    const reviews =
      isDefault || isFork
        ? [
            ...(hasProtection ? await this.#readProtection(of, branch, signal) : []),
            ...(await this.#readRulesets(of, rules, signal)),
          ]
        : [];
    const target = { name: branch, isDefault, isProtected: hasProtection || rules.length > 0, reviews };
    return { target, source, commit };
  }

  /** A branch that a ruleset alone protects has no branch protection. */
  async #readProtection(
    of: ReadOf,
    branch: string,
    signal: AbortSignal,
  ): Promise<readonly ReviewRequirement[]> {
    const call = of(`the protection of branch '${branch}'`, "/branches/{branch}/protection", { branch });
    const protection = await this.#reads.protection.read(call, signal).catch(absentWhereNotFound);
    return protection?.value ?? [];
  }

  /** Servers of GitHub Enterprise before 3.11 have no rulesets. */
  async #readRules(of: ReadOf, branch: string, signal: AbortSignal): Promise<readonly BranchRule[]> {
    const call = of(`the rules for branch '${branch}'`, "/rules/branches/{branch}", { branch });
    const pages = await this.#reads.rules.readPages(call, signal).catch(absentWhereNotFound);
    return pages?.flat() ?? [];
  }

  async #readRulesets(
    of: ReadOf,
    rules: readonly BranchRule[],
    signal: AbortSignal,
  ): Promise<readonly ReviewRequirement[]> {
    const demanding = rules.filter(({ approvals }) => approvals > 0);
    return Promise.all(
      demanding.map(async ({ approvals, rulesetId }): Promise<ReviewRequirement> => {
        if (rulesetId === undefined)
          return { source: "ruleset without a number", approvals, bypass: "unknown" };
        const parameters = { ruleset_id: rulesetId, includes_parents: true };
        const call = of(`ruleset ${rulesetId}`, "/rulesets/{ruleset_id}", parameters);
        const ruleset = await this.#reads.ruleset.read(call, signal).catch(absentWhereNotFound);
        const { name, bypass } = ruleset?.value ?? { name: String(rulesetId), bypass: "unknown" };
        return { source: `ruleset '${name}'`, approvals, bypass };
      }),
    );
  }

  async #readSource(
    of: ReadOf,
    pullRequest: PullRequestOfJob & { readonly isFork: boolean },
    signal: AbortSignal,
  ): Promise<PullRequestSource> {
    const { isFork, source } = pullRequest;
    const ownerMayWrite = !isFork || (await this.#mayWrite(of, source.owner, signal));
    const approvals = ownerMayWrite ? [] : await this.#readApprovals(of, pullRequest, signal);
    return { repository: repositoryText(source), isFork, ownerMayWrite, approvals };
  }

  async #readApprovals(
    of: ReadOf,
    { commit, source, sourceBranch, targetBranch }: PullRequestOfJob,
    signal: AbortSignal,
  ): Promise<readonly Approval[]> {
    const head = `${source.owner}:${sourceBranch}`;
    const parameters = { state: "open", head, base: targetBranch };
    const found = await this.#reads.pullRequests.readPages(
      of("the pull requests", "/pulls", parameters),
      signal,
    );
    const text = repositoryText(source).toLowerCase();
    // An organisation may have more than one fork.
    const open = found
      .flat()
      .find((each) => each.source?.toLowerCase() === text && each.sourceBranch === sourceBranch);
    if (!open) return [];
    const [comments, reviews] = await Promise.all([
      this.#reads.comments.readPages(
        of(`the comments on pull request ${open.number}`, "/issues/{issue_number}/comments", {
          issue_number: open.number,
        }),
        signal,
      ),
      this.#reads.reviews.readPages(
        of(`the reviews of pull request ${open.number}`, "/pulls/{pull_number}/reviews", {
          pull_number: open.number,
        }),
        signal,
      ),
    ]);
    const approvers = approversOf(commit, { comments: comments.flat(), reviews: reviews.flat() });
    return Promise.all(
      approvers
        .slice(0, MOST_APPROVERS)
        .map(async (by) => ({ by, mayWrite: await this.#mayWrite(of, by, signal) })),
    );
  }

  /** Names of organisations, and of people that are gone, answer 404. */
  async #mayWrite(of: ReadOf, username: string, signal: AbortSignal): Promise<boolean> {
    const call = of(`the permission of '${username}'`, "/collaborators/{username}/permission", { username });
    const answer = await this.#reads.mayWrite.read(call, signal).catch(absentWhereNotFound);
    return answer?.value ?? false;
  }
}
