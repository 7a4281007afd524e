import { isRecord } from "charm-kit";

/** The events with a check of their own. Any other is checked as `default`. */
export const JOB_EVENTS = ["pull_request", "workflow_dispatch", "push", "schedule", "default"] as const;
export type JobEvent = (typeof JOB_EVENTS)[number];

/** A repository of GitHub. */
export interface RepositoryName {
  readonly owner: string;
  readonly name: string;
}

/** The pull request that a job runs for. */
export interface PullRequestOfJob {
  /** The repository with the commits: the repository itself, or a fork. */
  readonly source: RepositoryName;
  readonly sourceBranch: string;
  readonly targetBranch: string;
  /** SHA of the commit. */
  readonly commit: string;
}

/** What a runner asks before a job. Untrusted: the guest sends it. */
export interface CheckRequest {
  readonly event: JobEvent;
  readonly repository: RepositoryName;
  /** undefined for other events. */
  readonly pullRequest: PullRequestOfJob | undefined;
}

/** Earlier runners ask for pull requests without the name of the event. */
const PATHS: Readonly<Record<string, JobEvent>> = {
  "/check-run": "pull_request",
  ...Object.fromEntries(JOB_EVENTS.map((event) => [`/${event}/check-run`, event])),
};

/** The event of a check's path; undefined for any other path. */
export function eventOfPath(path: string): JobEvent | undefined {
  return Object.hasOwn(PATHS, path) ? PATHS[path] : undefined;
}

/**
 * Reads the body of a check, which Canonical's repo-policy-compliance defines. Every value becomes a part of an address
 * of GitHub's API, or text in the log of a job, so only what GitHub itself allows is accepted.
 *
 * @returns the request, or what is wrong with the body.
 */
export function readCheckRequest(event: JobEvent, body: string): CheckRequest | { readonly fault: string } {
  const fields = parse(body);
  if (fields === undefined) return { fault: "the body is not a JSON object" };
  const repository = readRepository(fields["repository_name"]);
  if (repository === undefined) return { fault: "repository_name is not the name of a repository" };
  if (event !== "pull_request") return { event, repository, pullRequest: undefined };
  const source = readRepository(fields["source_repository_name"]);
  if (source === undefined) return { fault: "source_repository_name is not the name of a repository" };
  const targetBranch = readBranch(fields["target_branch_name"]);
  if (targetBranch === undefined) return { fault: "target_branch_name is not the name of a branch" };
  const sourceBranch = readBranch(fields["source_branch_name"]);
  if (sourceBranch === undefined) return { fault: "source_branch_name is not the name of a branch" };
  const commit = fields["commit_sha"];
  if (typeof commit !== "string" || !COMMIT.test(commit))
    return { fault: "commit_sha is not the SHA of a commit" };
  return { event, repository, pullRequest: { source, sourceBranch, targetBranch, commit } };
}

/** `owner/name`, as GitHub writes it. */
export function repositoryText({ owner, name }: RepositoryName): string {
  return `${owner}/${name}`;
}

/** GitHub's names do not depend on case. */
export function isSameRepository(left: RepositoryName, right: RepositoryName): boolean {
  return repositoryText(left).toLowerCase() === repositoryText(right).toLowerCase();
}

const OWNER = /^[a-z\d_-]{1,39}$/i;
const REPOSITORY = /^[\w.-]{1,100}$/;
const COMMIT = /^[\da-f]{40}(?:[\da-f]{24})?$/;
/** In bytes, as GitHub limits them. */
const LONGEST_BRANCH = 255;
/** Characters and parts that Git forbids in names of branches, among them all of control, and the parts `.` and `..`. */
// eslint-disable-next-line no-control-regex
const NO_BRANCH = /[\u0000-\u0020\u007F-\u009F\u2028\u2029~^:?*[\\]|\.\.|@\{|(?:^|\/)\.|\/\/|^\/|\/$|\.$/;

function readRepository(value: unknown): RepositoryName | undefined {
  if (typeof value !== "string") return undefined;
  const [owner = "", name = "", ...rest] = value.split("/");
  const isName = OWNER.test(owner) && REPOSITORY.test(name) && !/^\.{1,2}$/.test(name) && rest.length === 0;
  return isName ? { owner, name } : undefined;
}

function readBranch(value: unknown): string | undefined {
  if (typeof value !== "string" || value === "" || NO_BRANCH.test(value)) return undefined;
  return Buffer.byteLength(value) <= LONGEST_BRANCH ? value : undefined;
}

function parse(body: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
