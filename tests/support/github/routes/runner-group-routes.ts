import { paginate } from "../http/pagination.ts";
import type { Scope } from "../state/scope.ts";
import { repositoryBody, repositoryId } from "./repository-routes.ts";
import { failure, type Answer, type Call, type Route } from "./route.ts";
import { groupPrefixes } from "./scoped-prefixes.ts";

/** A group of runners. */
export interface RunnerGroup {
  readonly id: number;
  readonly name: string;
  readonly default: boolean;
}

const DEFAULT_GROUP: RunnerGroup = { id: 1, name: "Default", default: true };
const OTHER_GROUPS: readonly RunnerGroup[] = [
  { id: 2, name: "builders", default: false },
  { id: 3, name: "secure", default: false },
];

/** The groups of a scope: repositories have the default one only. */
export function groupsOf(scope: Scope): readonly RunnerGroup[] {
  return scope.startsWith("repos/") ? [DEFAULT_GROUP] : [DEFAULT_GROUP, ...OTHER_GROUPS];
}

/** Groups of runners of organisations and enterprises, and which repositories or organisations they serve. */
export const runnerGroupRoutes: readonly Route[] = groupPrefixes.flatMap(
  ({ prefix, description, permission }): readonly Route[] => {
    const shared = { method: "GET", description, permission } as const;
    const groups = `${prefix}/actions/runner-groups`;
    const isEnterprise = prefix.startsWith("/enterprises");
    return [
      { ...shared, name: "list-runner-groups", template: groups, handle: listGroups },
      {
        ...shared,
        name: "get-runner-group",
        template: `${groups}/{runner_group_id}`,
        handle: (call) => {
          const group = groupsOf(call.scope).find(
            ({ id }) => id === Number(call.parameters["runner_group_id"]),
          );
          return group ? { status: 200, body: describeGroup(group, call) } : failure(404, "Not Found");
        },
      },
      {
        ...shared,
        name: "list-group-members",
        template: `${groups}/{runner_group_id}/${isEnterprise ? "organizations" : "repositories"}`,
        handle: isEnterprise ? listOrganisations : listRepositories,
      },
    ];
  },
);

function listGroups(call: Call): Answer {
  const groups = groupsOf(call.scope);
  const { page, headers } = paginate(groups, call);
  const body = {
    total_count: groups.length,
    runner_groups: page.map((group) => describeGroup(group, call)),
  };
  return { status: 200, body, headers };
}

function describeGroup(group: RunnerGroup, { apiURL, scope, world }: Call) {
  const { repositories, allowsPublic = false } = world.service.groups.get(group.id);
  return {
    ...group,
    visibility: repositories ? "selected" : "all",
    runners_url: `${apiURL}/${scope}/actions/runner-groups/${group.id}/runners`,
    inherited: false,
    allows_public_repositories: allowsPublic,
    restricted_to_workflows: false,
    selected_workflows: [],
    workflow_restrictions_read_only: false,
  };
}

function selectedOf({ parameters, world }: Call): readonly string[] {
  return world.service.groups.get(Number(parameters["runner_group_id"])).repositories ?? [];
}

function listRepositories(call: Call): Answer {
  const all = selectedOf(call);
  const { page, headers } = paginate(all, call);
  const repositories = page.map((name) => repositoryBody(name, call));
  return { status: 200, body: { total_count: all.length, repositories }, headers };
}

/** An enterprise's group serves organisations: those of the repositories. */
function listOrganisations(call: Call): Answer {
  const all = [...new Set(selectedOf(call).map((name) => name.split("/")[0] ?? ""))];
  const { page, headers } = paginate(all, call);
  const organizations = page.map((login) => organisationBody(login, call));
  return { status: 200, body: { total_count: all.length, organizations }, headers };
}

/** GitHub's schema `organization-simple`. */
function organisationBody(login: string, { apiURL, origin }: Call) {
  const url = `${apiURL}/orgs/${login}`;
  const addresses = ["repos", "events", "hooks", "issues"].map(
    (each) => [`${each}_url`, `${url}/${each}`] as const,
  );
  return {
    ...Object.fromEntries(addresses),
    login,
    id: repositoryId(login),
    node_id: Buffer.from(`Organization${login}`).toString("base64"),
    url,
    members_url: `${url}/members{/member}`,
    public_members_url: `${url}/public_members{/member}`,
    avatar_url: `${origin}/${login}.png`,
    description: null,
  };
}
