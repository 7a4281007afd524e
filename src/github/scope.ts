import type { GithubPath } from "./path.ts";

/** Permissions of a GitHub App, by key. */
export type AppPermissions = Readonly<Record<string, "read" | "write">>;

/** The part of GitHub's API for the runners of one path. */
export interface Scope {
  /** URL template at the start of every route of the scope. */
  readonly prefix: string;
  /** Values of the template. */
  readonly parameters: Readonly<Record<string, string>>;
  /** The needed permissions, for the message "The token needs ...". */
  readonly permission: string;
  /**
   * Permissions for tokens of a GitHub App, the best set first: reading jobs is for metrics only, and an installation may
   * lack it. Empty for enterprises, which do not support Apps.
   */
  readonly appPermissions: readonly AppPermissions[];
  /** False for repositories, which have the default group only. */
  readonly hasRunnerGroups: boolean;
}

export const REPOSITORY_PREFIX = "/repos/{owner}/{repo}";

/** Routes and permissions by kind of path (https://docs.github.com/rest/actions/self-hosted-runners). */
export function scopeOf(path: GithubPath): Scope {
  switch (path.kind) {
    case "repository":
      return {
        prefix: REPOSITORY_PREFIX,
        parameters: { owner: path.owner, repo: path.repository },
        permission:
          "the scope 'repo' and an administrator of the repository, or the permission 'administration: write'",
        appPermissions: withAndWithoutJobs({ administration: "write" }),
        hasRunnerGroups: false,
      };
    case "organisation":
      return {
        prefix: "/orgs/{org}",
        parameters: { org: path.organisation },
        permission: "the scope 'admin:org', or the permission 'organization_self_hosted_runners: write'",
        appPermissions: withAndWithoutJobs({ organization_self_hosted_runners: "write" }),
        hasRunnerGroups: true,
      };
    case "enterprise":
      return {
        prefix: "/enterprises/{enterprise}",
        parameters: { enterprise: path.enterprise },
        permission: "the scope 'manage_runners:enterprise' of a classic personal access token",
        appPermissions: [],
        hasRunnerGroups: true,
      };
  }
}

function withAndWithoutJobs(runners: AppPermissions): readonly AppPermissions[] {
  return [{ ...runners, actions: "read" }, runners];
}
