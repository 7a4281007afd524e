import { appRoutes } from "./app-routes.ts";
import { deprecationRoutes } from "./deprecation-routes.ts";
import { downloadRoutes } from "./download-routes.ts";
import { jobRoutes } from "./job-routes.ts";
import { queueRoutes } from "./queue-routes.ts";
import { repositoryRoutes } from "./repository-routes.ts";
import type { Route } from "./route.ts";
import { runnerGroupRoutes } from "./runner-group-routes.ts";
import { runnerRoutes } from "./runner-routes.ts";
import { settingsRoutes } from "./settings-routes.ts";
import { metaRoute, rateLimitRoute } from "./service-routes.ts";
import { tokenRoutes } from "./token-routes.ts";

/** A route that a request goes to, and what its path filled the template's gaps with. */
export interface RouteMatch {
  readonly route: Route;
  readonly parameters: Readonly<Record<string, string>>;
}

interface Pattern {
  readonly route: Route;
  readonly expression: RegExp;
}

// Paths without a gap come before those with one in the same place: "downloads" is no runner's number.
const patterns: readonly Pattern[] = [
  ...tokenRoutes,
  ...downloadRoutes,
  ...runnerRoutes,
  ...deprecationRoutes,
  ...runnerGroupRoutes,
  ...jobRoutes,
  ...queueRoutes,
  ...appRoutes,
  ...repositoryRoutes,
  ...settingsRoutes,
  rateLimitRoute,
  metaRoute,
].map((route) => ({ route, expression: expressionOf(route.template) }));

/** Finds the route of a method and a path without the API's prefix. */
export function matchRoute(method: string, path: string): RouteMatch | undefined {
  for (const { route, expression } of patterns) {
    const found = route.method === method ? expression.exec(path) : undefined;
    if (!found) continue;
    const decoded = Object.entries(found.groups ?? {}).map(
      ([name, value]) => [name, decodeURIComponent(value)] as const,
    );
    return { route, parameters: Object.fromEntries(decoded) };
  }
  return undefined;
}

function expressionOf(template: string): RegExp {
  return new RegExp(`^${template.replace(/\{(\w+)\}/g, "(?<$1>[^/]+)")}$`);
}
