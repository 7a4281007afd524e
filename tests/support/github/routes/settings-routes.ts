import { paginate } from "../http/pagination.ts";
import type {
  BypassAllowances,
  CollaboratorSettings,
  ProtectionSettings,
  PullRequestSettings,
  RepositorySettings,
  RulesetSettings,
} from "../state/repository-settings.ts";
import { describedSample } from "../validation/described-sample.ts";
import type { JSONObject } from "../validation/self-contained-schema.ts";
import { failure } from "./route.ts";
import type { Answer, Call, Route } from "./route.ts";
import { repository } from "./scoped-prefixes.ts";

const route = (
  template: string,
  app: string,
  handle: (call: Call, settings: Required<RepositorySettings>) => Answer,
): Route => ({
  name: "repository-settings",
  method: "GET",
  template: `${repository.prefix}${template}`,
  description: repository.description,
  permission: { scopes: ["repo"], app },
  handle: (call) => handle(call, settingsOf(call)),
});

/** The settings of a repository, its pull requests and who may do what: the facts of a policy about repositories. */
export const settingsRoutes: readonly Route[] = [
  route("/branches/{branch}", "contents", describeBranch),
  route("/branches/{branch}/protection", "administration", describeProtection),
  route(
    "/branches/{branch}/protection/required_pull_request_reviews",
    "administration",
    describeRequiredReviews,
  ),
  route("/rules/branches/{branch}", "metadata", listRules),
  route("/rulesets/{ruleset_id}", "metadata", describeRuleset),
  route("/collaborators", "metadata", listCollaborators),
  route("/collaborators/{username}/permission", "metadata", describePermission),
  route("/pulls", "pull_requests", listPullRequests),
  route("/pulls/{pull_number}/reviews", "pull_requests", listReviews),
  route("/issues/{issue_number}/comments", "pull_requests", listComments),
];

/** GitHub's roles, the least first. */
const ROLES = ["read", "triage", "write", "maintain", "admin"] as const;
/** What the query `permission` calls them. */
const PERMISSIONS = ["pull", "triage", "push", "maintain", "admin"];

function describeBranch(call: Call, { branches, rulesets }: Required<RepositorySettings>): Answer {
  const name = call.parameters["branch"] ?? "";
  const protection = branches[name];
  if (protection === undefined) return failure(404, "Branch not found");
  const isProtected = protection !== null || rulesets.some(({ branch }) => branch === name);
  const url = `${repositoryUrl(call)}/branches/${name}`;
  const given = { name, protected: isProtected, protection: {}, protection_url: `${url}/protection` };
  return {
    status: 200,
    body: describedSample("branch-with-protection", { ...given, _links: { self: url, html: url } }),
  };
}

function describeProtection(call: Call, { branches }: Required<RepositorySettings>): Answer {
  const protection = branches[call.parameters["branch"] ?? ""];
  if (protection === undefined) return failure(404, "Branch not found");
  // Also where a ruleset protects the branch.
  if (protection === null) return failure(404, "Branch not protected");
  const reviews = requiredReviews(protection, call);
  const body = {
    url: protectionUrl(call),
    enforce_admins: { url: `${protectionUrl(call)}/enforce_admins`, enabled: true },
    ...(reviews && { required_pull_request_reviews: reviews }),
  };
  return { status: 200, body };
}

function describeRequiredReviews(call: Call, { branches }: Required<RepositorySettings>): Answer {
  const protection = branches[call.parameters["branch"] ?? ""];
  const body = protection ? requiredReviews(protection, call) : undefined;
  return body ? { status: 200, body } : failure(404, "Not Found");
}

function requiredReviews({ approvals, bypass }: ProtectionSettings, call: Call): JSONObject | undefined {
  if (approvals === undefined) return undefined;
  return describedSample("protected-branch-pull-request-review", {
    url: `${protectionUrl(call)}/required_pull_request_reviews`,
    required_approving_review_count: approvals,
    ...(bypass && { bypass_pull_request_allowances: describeAllowances(bypass) }),
  });
}

function protectionUrl(call: Call): string {
  return `${repositoryUrl(call)}/branches/${call.parameters["branch"] ?? ""}/protection`;
}

function describeAllowances({ users = [], teams = [], apps = [] }: BypassAllowances): JSONObject {
  return {
    users: users.map((login) => describedSample("simple-user", { login })),
    teams: teams.map((slug) => describedSample("team", { slug, name: slug, parent: null })),
    apps: apps.map((slug) => describedSample("integration", { slug, name: slug, id: 7 })),
  };
}

function listRules(call: Call, { rulesets }: Required<RepositorySettings>): Answer {
  const rules = rulesets.filter(({ branch }) => branch === call.parameters["branch"]);
  const { page, headers } = paginate(rules, call);
  return { status: 200, body: page.map((ruleset) => describeRule(ruleset, call)), headers };
}

function describeRule({ id, approvals }: RulesetSettings, call: Call): JSONObject {
  const source = {
    ruleset_id: id,
    ruleset_source_type: "Repository",
    ruleset_source: `${call.parameters["owner"] ?? ""}/${call.parameters["repo"] ?? ""}`,
  };
  if (approvals === undefined) return { type: "deletion", ...source };
  const parameters = {
    required_approving_review_count: approvals,
    dismiss_stale_reviews_on_push: false,
    require_code_owner_review: false,
    require_last_push_approval: false,
    required_review_thread_resolution: false,
  };
  return { type: "pull_request", parameters, ...source };
}

function describeRuleset(call: Call, { rulesets }: Required<RepositorySettings>): Answer {
  const ruleset = rulesets.find(({ id }) => id === Number(call.parameters["ruleset_id"]));
  if (!ruleset) return failure(404, "Not Found");
  const { id, name, bypass } = ruleset;
  const actors = bypass?.map((type, index) => ({
    actor_id: index + 1,
    actor_type: type,
    bypass_mode: "always",
  }));
  const source = `${call.parameters["owner"] ?? ""}/${call.parameters["repo"] ?? ""}`;
  const given = { id, name, source, enforcement: "active", ...(actors && { bypass_actors: actors }) };
  return { status: 200, body: describedSample("repository-ruleset", given) };
}

function listCollaborators(call: Call, { collaborators }: Required<RepositorySettings>): Answer {
  const affiliation = call.query.get("affiliation") ?? "all";
  const least = Math.max(PERMISSIONS.indexOf(call.query.get("permission") ?? "pull"), 0);
  const found = collaborators.filter(
    ({ isOutside = false, role }) => (affiliation !== "outside" || isOutside) && ROLES.indexOf(role) >= least,
  );
  const { page, headers } = paginate(found, call);
  const body = page.map(({ login, role }) => describedSample("collaborator", { login, role_name: role }));
  return { status: 200, body, headers };
}

/** Everybody else has no permission, as in a private repository. */
function describePermission(call: Call, { collaborators }: Required<RepositorySettings>): Answer {
  const login = call.parameters["username"] ?? "";
  const isNamed = (each: CollaboratorSettings) => each.login.toLowerCase() === login.toLowerCase();
  const role = collaborators.find(isNamed)?.role;
  const permission =
    role === undefined
      ? "none"
      : { read: "read", triage: "read", write: "write", maintain: "write", admin: "admin" }[role];
  const given = { permission, role_name: role ?? "none", user: null };
  return { status: 200, body: describedSample("repository-collaborator-permission", given) };
}

function listPullRequests(call: Call, { pullRequests }: Required<RepositorySettings>): Answer {
  const [head, base] = [call.query.get("head"), call.query.get("base")];
  const found = pullRequests.filter(
    ({ source, sourceBranch, targetBranch }) =>
      (head === null || head === `${source.split("/", 1)[0] ?? ""}:${sourceBranch}`) &&
      (base === null || base === targetBranch),
  );
  const { page, headers } = paginate(found, call);
  return { status: 200, body: page.map((each) => describePullRequest(each, call)), headers };
}

function describePullRequest(pull: PullRequestSettings, call: Call): JSONObject {
  const { number, author, commit, source, sourceBranch, targetBranch } = pull;
  const [owner = "", name = ""] = source.split("/");
  const url = `${repositoryUrl(call)}/pulls/${number}`;
  const head = { ref: sourceBranch, sha: commit, label: `${owner}:${sourceBranch}`, user: null };
  const here = `${call.parameters["owner"] ?? ""}/${call.parameters["repo"] ?? ""}`;
  const base = { ref: targetBranch, label: targetBranch, user: null, repo: { full_name: here } };
  return describedSample("pull-request-simple", {
    number,
    url,
    issue_url: `${repositoryUrl(call)}/issues/${number}`,
    state: "open",
    title: "A change",
    user: describedSample("simple-user", { login: author }),
    head: { ...head, repo: { full_name: source, name, owner: { login: owner }, fork: source !== here } },
    base,
  });
}

function listReviews(call: Call, settings: Required<RepositorySettings>): Answer {
  const pull = pullOf(settings, call.parameters["pull_number"]);
  if (!pull) return failure(404, "Not Found");
  const { page, headers } = paginate(pull.reviews ?? [], call);
  const body = page.map(({ by, state, commit }, index) =>
    describedSample("pull-request-review", {
      id: index + 1,
      user: describedSample("simple-user", { login: by }),
      state,
      commit_id: commit,
    }),
  );
  return { status: 200, body, headers };
}

function listComments(call: Call, settings: Required<RepositorySettings>): Answer {
  const pull = pullOf(settings, call.parameters["issue_number"]);
  if (!pull) return failure(404, "Not Found");
  const { page, headers } = paginate(pull.comments ?? [], call);
  const body = page.map(({ by, text }, index) =>
    describedSample("issue-comment", {
      id: index + 1,
      user: describedSample("simple-user", { login: by }),
      body: text,
    }),
  );
  return { status: 200, body, headers };
}

function pullOf({ pullRequests }: Required<RepositorySettings>, number: string | undefined) {
  return pullRequests.find((each) => each.number === Number(number));
}

function settingsOf({ world, parameters }: Call): Required<RepositorySettings> {
  return world.repositories.of(`${parameters["owner"] ?? ""}/${parameters["repo"] ?? ""}`);
}

function repositoryUrl({ apiURL, parameters }: Call): string {
  return `${apiURL}/repos/${parameters["owner"] ?? ""}/${parameters["repo"] ?? ""}`;
}
