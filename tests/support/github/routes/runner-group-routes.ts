import { paginate } from "../http/pagination.ts";
import type { Scope } from "../state/scope.ts";
import type { Answer, Call, Route } from "./route.ts";
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

/** Groups of runners of organisations and enterprises. */
export const runnerGroupRoutes: readonly Route[] = groupPrefixes.map(
  ({ prefix, description, permission }) => ({
    name: "list-runner-groups",
    method: "GET",
    template: `${prefix}/actions/runner-groups`,
    description,
    permission,
    handle: listGroups,
  }),
);

function listGroups(call: Call): Answer {
  const groups = groupsOf(call.scope);
  const { page, headers } = paginate(groups, call);
  const body = {
    total_count: groups.length,
    runner_groups: page.map((group) => ({
      ...group,
      visibility: "all",
      runners_url: `${call.apiURL}/${call.scope}/actions/runner-groups/${group.id}/runners`,
      inherited: false,
      allows_public_repositories: false,
      restricted_to_workflows: false,
      selected_workflows: [],
      workflow_restrictions_read_only: false,
    })),
  };
  return { status: 200, body, headers };
}
