import type { DescriptionName } from "../validation/openapi-description.ts";
import type { Permission } from "./route.ts";

/** A place that runners are registered at: its paths begin alike, and it wants its own permission. */
export interface ScopedPrefix {
  readonly prefix: string;
  readonly description: DescriptionName;
  readonly permission: Permission;
}

const organisation: ScopedPrefix = {
  prefix: "/orgs/{org}",
  description: "api.github.com",
  permission: { scopes: ["admin:org"], app: "organization_self_hosted_runners" },
};

const enterprise: ScopedPrefix = {
  prefix: "/enterprises/{enterprise}",
  description: "ghec",
  permission: {
    scopes: ["manage_runners:enterprise", "admin:enterprise"],
    app: "enterprise_self_hosted_runners",
  },
};

export const repository: ScopedPrefix = {
  prefix: "/repos/{owner}/{repo}",
  description: "api.github.com",
  permission: { scopes: ["repo"], app: "administration" },
};

export const runnerPrefixes: readonly ScopedPrefix[] = [repository, organisation, enterprise];
/** Repositories have no runner groups. */
export const groupPrefixes: readonly ScopedPrefix[] = [organisation, enterprise];
