import type { CheckRequest } from "./check-request.ts";

/** A person with access to a repository who is not a member of its organisation. */
export interface OutsideCollaborator {
  readonly login: string;
  /** GitHub's role, such as `read` or `write`, or one of the organisation's own. */
  readonly role: string;
}

/** One rule that asks for reviews before a merge: branch protection, or a ruleset. */
export interface ReviewRequirement {
  /** Such as `branch protection`. */
  readonly source: string;
  /** Number of approving reviews. */
  readonly approvals: number;
  /** Who may merge without them; `unknown` where GitHub does not tell. */
  readonly bypass: readonly string[] | "unknown";
}

/** The branch that a pull request is to be merged into. */
export interface TargetBranch {
  readonly name: string;
  /** Whether it is the default branch of the repository. */
  readonly isDefault: boolean;
  /** Whether branch protection or a ruleset applies to it. */
  readonly isProtected: boolean;
  /** Empty where reviews do not matter for the pull request. */
  readonly reviews: readonly ReviewRequirement[];
}

/** Somebody allows the jobs of one commit. */
export interface Approval {
  readonly by: string;
  /** Whether the person may write to the repository. */
  readonly mayWrite: boolean;
}

/** The branch that a pull request comes from. */
export interface PullRequestSource {
  /** `owner/name`. */
  readonly repository: string;
  readonly isFork: boolean;
  /** Whether the owner of the fork may write to the repository. */
  readonly ownerMayWrite: boolean;
  /** Those of the commit; empty where none is needed. */
  readonly approvals: readonly Approval[];
}

export interface PullRequestFacts {
  readonly target: TargetBranch;
  readonly source: PullRequestSource;
  /** SHA of the job's commit. */
  readonly commit: string;
}

/** What the rules are about. */
export interface RepositoryFacts {
  /** Those with more than read access, and perhaps others. */
  readonly outsideCollaborators: readonly OutsideCollaborator[];
  /** undefined for jobs of no pull request. */
  readonly pullRequest: PullRequestFacts | undefined;
}

/** Reads the facts of a repository. */
export interface RepositoryReader {
  /**
   * @returns undefined for a repository outside of the unit's path: the guest must not choose the target of the unit's
   *   requests.
   */
  read(request: CheckRequest, signal: AbortSignal): Promise<RepositoryFacts | undefined>;
}

/** A comment with these words and the SHA of a commit approves it. The words are those of repo-policy-compliance. */
export const APPROVING_WORDS = "/canonical/self-hosted-runners/run-workflows";
