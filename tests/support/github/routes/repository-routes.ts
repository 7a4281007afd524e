import { createHash } from "node:crypto";
import { isPublicRepository } from "../state/group-rules.ts";
import type { Answer, Call, Route } from "./route.ts";
import { repository } from "./scoped-prefixes.ts";

/** A repository itself. */
export const repositoryRoutes: readonly Route[] = [
  {
    name: "get-repository",
    method: "GET",
    template: repository.prefix,
    description: repository.description,
    permission: { scopes: ["repo"], app: "metadata" },
    handle: describeRepository,
  },
];

/** GitHub's number of a repository: the same for each request, whatever its name is then. */
export function repositoryId(nameWithOwner: string): number {
  return createHash("sha256").update(nameWithOwner.toLowerCase()).digest().readUInt32BE();
}

/** A repository that nobody changes is described by the same words each time. */
const LONG_AGO = "2026-01-01T00:00:00Z";

/** Addresses that GitHub's schema `full-repository` has, below that of the repository. */
const ADDRESSES: Readonly<Record<string, string>> = {
  archive_url: "/{archive_format}{/ref}",
  assignees_url: "/assignees{/user}",
  blobs_url: "/git/blobs{/sha}",
  branches_url: "/branches{/branch}",
  collaborators_url: "/collaborators{/collaborator}",
  comments_url: "/comments{/number}",
  commits_url: "/commits{/sha}",
  compare_url: "/compare/{base}...{head}",
  contents_url: "/contents/{+path}",
  contributors_url: "/contributors",
  deployments_url: "/deployments",
  downloads_url: "/downloads",
  events_url: "/events",
  forks_url: "/forks",
  git_commits_url: "/git/commits{/sha}",
  git_refs_url: "/git/refs{/sha}",
  git_tags_url: "/git/tags{/sha}",
  hooks_url: "/hooks",
  issue_comment_url: "/issues/comments{/number}",
  issue_events_url: "/issues/events{/number}",
  issues_url: "/issues{/number}",
  keys_url: "/keys{/key_id}",
  labels_url: "/labels{/name}",
  languages_url: "/languages",
  merges_url: "/merges",
  milestones_url: "/milestones{/number}",
  notifications_url: "/notifications{?since,all,participating}",
  pulls_url: "/pulls{/number}",
  releases_url: "/releases{/id}",
  stargazers_url: "/stargazers",
  statuses_url: "/statuses/{sha}",
  subscribers_url: "/subscribers",
  subscription_url: "/subscription",
  tags_url: "/tags",
  teams_url: "/teams",
  trees_url: "/git/trees{/sha}",
  url: "",
};

/** GitHub's schema `full-repository`. */
function describeRepository(call: Call): Answer {
  const { owner = "", repo: name = "" } = call.parameters;
  return { status: 200, body: repositoryBody(`${owner}/${name}`, call) };
}

/** What GitHub's schemas `full-repository` and `minimal-repository` have of a repository. */
export function repositoryBody(nameWithOwner: string, { apiURL, origin, world }: Call) {
  const [owner = "", name = ""] = nameWithOwner.split("/");
  const api = `${apiURL}/repos/${nameWithOwner}`;
  const isPublic = isPublicRepository(nameWithOwner);
  return {
    ...Object.fromEntries(Object.entries(ADDRESSES).map(([key, path]) => [key, `${api}${path}`])),
    id: repositoryId(nameWithOwner),
    node_id: Buffer.from(`Repository${nameWithOwner}`).toString("base64"),
    name,
    full_name: nameWithOwner,
    owner: describeAccount(owner, apiURL, origin),
    private: !isPublic,
    visibility: isPublic ? "public" : "private",
    html_url: `${origin}/${nameWithOwner}`,
    clone_url: `${origin}/${nameWithOwner}.git`,
    git_url: `${origin}/${nameWithOwner}.git`,
    ssh_url: `git@github.example:${nameWithOwner}.git`,
    svn_url: `${origin}/${nameWithOwner}`,
    description: null,
    fork: false,
    default_branch: world.repositories.of(nameWithOwner).defaultBranch,
    ...{ forks: 0, forks_count: 0, network_count: 0, open_issues: 0, open_issues_count: 0, size: 0 },
    ...{ stargazers_count: 0, subscribers_count: 0, watchers: 0, watchers_count: 0 },
    ...{ has_discussions: false, has_issues: true, has_pages: false, has_projects: true, has_wiki: true },
    ...{ archived: false, disabled: false, homepage: null, language: null, license: null, mirror_url: null },
    ...{ created_at: LONG_AGO, pushed_at: LONG_AGO, updated_at: LONG_AGO },
  };
}

/** GitHub's schema `simple-user`. */
function describeAccount(login: string, apiURL: string, origin: string) {
  const api = `${apiURL}/users/${login}`;
  return {
    login,
    id: repositoryId(login),
    node_id: Buffer.from(`Organization${login}`).toString("base64"),
    avatar_url: `${origin}/${login}.png`,
    gravatar_id: null,
    url: api,
    html_url: `${origin}/${login}`,
    followers_url: `${api}/followers`,
    following_url: `${api}/following{/other_user}`,
    gists_url: `${api}/gists{/gist_id}`,
    starred_url: `${api}/starred{/owner}{/repo}`,
    subscriptions_url: `${api}/subscriptions`,
    organizations_url: `${api}/orgs`,
    repos_url: `${api}/repos`,
    events_url: `${api}/events{/privacy}`,
    received_events_url: `${api}/received_events`,
    type: "Organization",
    site_admin: false,
  };
}
