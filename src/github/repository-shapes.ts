import { isRecord } from "charm-kit";
import type { OutsideCollaborator, ReviewRequirement } from "../compliance/ports.ts";

/*
 * Guards by hand, as in shapes.ts. Each returns undefined for an unexpected body: a check must fail then, since a part
 * that cannot be read might be the one that refuses the job.
 */

/** The part of GitHub's schema `full-repository` that is used. */
export function readDefaultBranch(body: unknown): string | undefined {
  return textOf(body, "default_branch");
}

/** Reads whether a branch is protected, from the schema `branch-with-protection`. */
export function readIsProtected(body: unknown): boolean | undefined {
  const value = isRecord(body) ? body["protected"] : undefined;
  return typeof value === "boolean" ? value : undefined;
}

/** Reads the schema `branch-protection`: the reviews that it demands, at most one requirement. */
export function readProtection(body: unknown): readonly ReviewRequirement[] | undefined {
  if (!isRecord(body)) return undefined;
  const reviews = body["required_pull_request_reviews"] ?? undefined;
  if (reviews === undefined) return [];
  if (!isRecord(reviews)) return undefined;
  const approvals = reviews["required_approving_review_count"] ?? 0;
  const bypass = readAllowances(reviews["bypass_pull_request_allowances"] ?? {});
  if (!isCount(approvals) || bypass === undefined) return undefined;
  return [{ source: "branch protection", approvals, bypass }];
}

/** Users by login, teams and apps by slug. */
function readAllowances(allowances: unknown): readonly string[] | undefined {
  if (!isRecord(allowances)) return undefined;
  const lists = [
    readAll(allowances["users"] ?? [], (user) => described("user", textOf(user, "login"))),
    readAll(allowances["teams"] ?? [], (team) => described("team", textOf(team, "slug"))),
    readAll(allowances["apps"] ?? [], (app) => described("app", textOf(app, "slug"))),
  ];
  const whole = lists.filter((list) => list !== undefined);
  return whole.length === lists.length ? whole.flat() : undefined;
}

/** A rule of a ruleset that applies to a branch. */
export interface BranchRule {
  readonly type: string;
  readonly rulesetId: number | undefined;
  /** Number of approving reviews; 0 for rules of other types. */
  readonly approvals: number;
}

/** Reads a page of `repository-rule-detailed`. */
export function readBranchRules(body: unknown): readonly BranchRule[] | undefined {
  return readAll(body, (item) => {
    const type = textOf(item, "type");
    if (type === undefined || !isRecord(item)) return undefined;
    const { ruleset_id: id, parameters } = item;
    const count = isRecord(parameters) ? parameters["required_approving_review_count"] : undefined;
    const approvals = type === "pull_request" && isCount(count) ? count : 0;
    return { type, rulesetId: isCount(id) ? id : undefined, approvals };
  });
}

/** Who may bypass a ruleset. GitHub tells it to those alone who may write to the ruleset. */
export interface Ruleset {
  readonly name: string;
  readonly bypass: readonly string[] | "unknown";
}

/** Reads the schema `repository-ruleset`. */
export function readRuleset(body: unknown): Ruleset | undefined {
  const name = textOf(body, "name");
  if (name === undefined || !isRecord(body)) return undefined;
  const actors = body["bypass_actors"] ?? undefined;
  if (actors === undefined) return { name, bypass: "unknown" };
  const bypass = readAll(actors, (actor) => {
    const type = textOf(actor, "actor_type");
    const id = isRecord(actor) ? actor["actor_id"] : undefined;
    return type === undefined ? undefined : isCount(id) ? `${type} ${id}` : type;
  });
  return bypass && { name, bypass };
}

/** Reads a page of `collaborator`. */
export function readCollaborators(body: unknown): readonly OutsideCollaborator[] | undefined {
  return readAll(body, (item) => {
    const [login, role] = [textOf(item, "login"), textOf(item, "role_name")];
    return login !== undefined && role !== undefined ? { login, role } : undefined;
  });
}

/** GitHub's four levels; roles of an organisation count as the one that they are made from. */
const LEVELS = ["admin", "write", "read", "none"];

/** Reads whether a person may write, from the schema `repository-collaborator-permission`. */
export function readMayWrite(body: unknown): boolean | undefined {
  const permission = textOf(body, "permission");
  if (permission === undefined || !LEVELS.includes(permission)) return undefined;
  return permission === "admin" || permission === "write";
}

/** The part of an open pull request that is used. */
export interface OpenPullRequest {
  readonly number: number;
  /** `owner/name` of the repository with the commits; undefined for a deleted fork. */
  readonly source: string | undefined;
  readonly sourceBranch: string;
}

/** Reads a page of `pull-request-simple`. */
export function readPullRequests(body: unknown): readonly OpenPullRequest[] | undefined {
  return readAll(body, (item) => {
    if (!isRecord(item) || !isRecord(item["head"])) return undefined;
    const { number, head } = item;
    const sourceBranch = textOf(head, "ref");
    if (!isCount(number) || sourceBranch === undefined) return undefined;
    return { number, source: textOf(head["repo"], "full_name"), sourceBranch };
  });
}

/** A comment on a pull request. */
export interface Comment {
  readonly by: string;
  readonly text: string;
}

/** Reads a page of `issue-comment`. Comments of deleted people are nobody's. */
export function readComments(body: unknown): readonly Comment[] | undefined {
  const comments = readAll(body, (item) =>
    isRecord(item)
      ? { by: textOf(item["user"], "login") ?? "", text: textOf(item, "body") ?? "" }
      : undefined,
  );
  return comments?.filter(({ by }) => by !== "");
}

/** A review of a pull request. */
export interface Review {
  readonly by: string;
  /** Such as `APPROVED`. */
  readonly state: string;
  /** SHA of the reviewed commit; "" if it is gone. */
  readonly commit: string;
}

/** Reads a page of `pull-request-review`. Reviews of deleted people are nobody's. */
export function readReviews(body: unknown): readonly Review[] | undefined {
  const reviews = readAll(body, (item) => {
    const state = textOf(item, "state");
    if (!isRecord(item) || state === undefined) return undefined;
    return { by: textOf(item["user"], "login") ?? "", state, commit: textOf(item, "commit_id") ?? "" };
  });
  return reviews?.filter(({ by }) => by !== "");
}

function described(what: string, name: string | undefined): string | undefined {
  return name === undefined ? undefined : `${what} '${name}'`;
}

function textOf(value: unknown, key: string): string | undefined {
  const text = isRecord(value) ? value[key] : undefined;
  return typeof text === "string" ? text : undefined;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

/** Reads all items; one invalid item makes the whole list unusable. */
function readAll<T>(items: unknown, read: (item: unknown) => T | undefined): readonly T[] | undefined {
  if (!Array.isArray(items)) return undefined;
  const all = items.map(read).filter((item) => item !== undefined);
  return all.length === items.length ? all : undefined;
}
