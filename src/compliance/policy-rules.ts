import { JOB_EVENTS, type JobEvent } from "./check-request.ts";
import {
  APPROVING_WORDS,
  type PullRequestFacts,
  type RepositoryFacts,
  type ReviewRequirement,
} from "./ports.ts";

/** One rule of the built-in policy. The reference page is made of the table of them. */
export interface PolicyRule {
  readonly id: string;
  /** The events whose jobs it applies to. */
  readonly events: readonly JobEvent[];
  /** When it applies, for the page; undefined for each job of these events. */
  readonly when?: string;
  /** What it demands, as a sentence. */
  readonly demands: string;
  /** What a person can do, as a sentence. */
  readonly remedy: string;
  /** What breaks it, each as a short text; empty where the repository complies. */
  readonly violations: (facts: RepositoryFacts) => readonly string[];
}

/** A rule that a job breaks. */
export interface Refusal {
  readonly rule: PolicyRule;
  /** At least one. */
  readonly violations: readonly string[];
}

const PULL_REQUESTS: readonly JobEvent[] = ["pull_request"];
const IMPORTANT = "the target is the default branch, or the pull request comes from a fork";

/** All rules. */
export const POLICY_RULES: readonly PolicyRule[] = [
  {
    id: "outside-collaborators",
    events: JOB_EVENTS,
    demands: "No outside collaborator has more than read access to the repository.",
    remedy:
      "Ask an administrator of the repository to give them read access or to remove them (Settings, Collaborators and teams), or an owner to make them members of the organisation.",
    violations: ({ outsideCollaborators }) =>
      outsideCollaborators
        .filter(({ role }) => role !== "read")
        .map(({ login, role }) => `outside collaborator '${login}' has the role '${role}'`),
  },
  {
    id: "protected-target",
    events: PULL_REQUESTS,
    demands:
      "The branch that a pull request is to be merged into is protected, by branch protection or a ruleset.",
    remedy: "Ask an administrator of the repository to protect the branch (Settings, Branches or Rules).",
    violations: onPullRequest(({ target }) =>
      target.isProtected ? [] : [`branch '${target.name}' is not protected`],
    ),
  },
  {
    id: "required-reviews",
    events: PULL_REQUESTS,
    when: IMPORTANT,
    demands: "Merging into that branch requires at least one approving review.",
    remedy:
      "Ask an administrator of the repository to require a pull request with at least 1 approval in the branch's protection or ruleset.",
    violations: onPullRequest((facts) =>
      needsReviews(facts) && facts.target.isProtected && requiredReviews(facts).length === 0
        ? [`branch '${facts.target.name}' can be merged into without an approving review`]
        : [],
    ),
  },
  {
    id: "no-bypass",
    events: PULL_REQUESTS,
    when: IMPORTANT,
    demands: "Nobody is on the list of those who may merge into that branch without the review.",
    remedy:
      "Ask an administrator of the repository to empty the bypass list of the branch's protection or ruleset. If GitHub does not show the unit the list of a ruleset, give its token write access to the ruleset, or use branch protection instead.",
    violations: onPullRequest((facts) => {
      const reviews = requiredReviews(facts);
      const isTight = reviews.some(({ bypass }) => bypass !== "unknown" && bypass.length === 0);
      return needsReviews(facts) && !isTight ? reviews.map(describeBypass) : [];
    }),
  },
  {
    id: "approved-fork",
    events: PULL_REQUESTS,
    when: "the pull request comes from a fork whose owner has no write access to the repository",
    demands:
      "Somebody with write access, other than an outside collaborator, has approved this commit by a review or by a comment.",
    remedy: `Ask somebody with write access to read the change, and to approve the commit in a review or by the comment '${APPROVING_WORDS} <SHA of the commit>' on the pull request; then run the job again.`,
    violations: missingApproval,
  },
];

/** The rules that a job breaks, in the order of the table. Pure. */
export function refusals(event: JobEvent, facts: RepositoryFacts): readonly Refusal[] {
  return POLICY_RULES.filter(({ events }) => events.includes(event))
    .map((rule) => ({ rule, violations: rule.violations(facts) }))
    .filter(({ violations }) => violations.length > 0);
}

/** Whether reviews of the target branch matter, as in repo-policy-compliance. Pure. */
export function needsReviews({
  target,
  source,
}: {
  readonly target: { readonly isDefault: boolean };
  readonly source: { readonly isFork: boolean };
}): boolean {
  return target.isDefault || source.isFork;
}

/** Most violations of one rule in the log of a job. */
const MOST_TOLD = 5;

/**
 * The text for the log of a refused job: each broken rule, what breaks it and what a person can do.
 *
 * @param repository `owner/name`.
 */
export function describeRefusals(repository: string, refused: readonly Refusal[]): string {
  const lines = refused.flatMap(({ rule, violations }) => {
    const more = violations.length - MOST_TOLD;
    return [
      // Names of rulesets and roles are other people's: none begins a line, which might be a command of the log.
      ...violations
        .slice(0, MOST_TOLD)
        .map((violation) => `- ${rule.id}: ${violation.replace(/[\p{Cc}\u2028\u2029]+/gu, " ")}`),
      ...(more > 0 ? [`- ${rule.id}: and ${more} more`] : []),
      `  ${rule.remedy}`,
    ];
  });
  return [`Repository '${repository}' may not use these runners:`, ...lines].join("\n");
}

/** A fork's jobs run the code of whoever made the pull request. */
function missingApproval({ pullRequest, outsideCollaborators }: RepositoryFacts): readonly string[] {
  if (pullRequest === undefined) return [];
  const { commit, source } = pullRequest;
  if (!source.isFork || source.ownerMayWrite) return [];
  const isOutside = (login: string) =>
    outsideCollaborators.some((outside) => outside.login.toLowerCase() === login.toLowerCase());
  if (source.approvals.some(({ by, mayWrite }) => mayWrite && !isOutside(by))) return [];
  const others = source.approvals.map(({ by }) => `'${by}'`).join(", ");
  const without = others === "" ? "" : `; the approval of ${others} does not count`;
  return [`commit ${commit} of '${source.repository}' is not approved${without}`];
}

function onPullRequest(
  violations: (facts: PullRequestFacts) => readonly string[],
): (facts: RepositoryFacts) => readonly string[] {
  return ({ pullRequest }) => (pullRequest === undefined ? [] : violations(pullRequest));
}

function requiredReviews({ target }: PullRequestFacts): readonly ReviewRequirement[] {
  return target.reviews.filter(({ approvals }) => approvals > 0);
}

function describeBypass({ source, bypass }: ReviewRequirement): string {
  if (bypass === "unknown") return `GitHub does not show the unit who may bypass the ${source}`;
  return `the reviews of the ${source} can be bypassed by ${bypass.join(", ")}`;
}
