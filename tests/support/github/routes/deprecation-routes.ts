import type { Answer, Call, Route } from "./route.ts";
import { runnerPrefixes } from "./scoped-prefixes.ts";

/** Until when a version of the runner application is accepted. */
export const deprecationRoutes: readonly Route[] = runnerPrefixes.map(({ prefix, permission }) => ({
  name: "runner-deprecation",
  method: "GET",
  template: `${prefix}/actions/runners/deprecations/{version}`,
  description: "ghec",
  permission,
  handle: describeVersion,
}));

function describeVersion({ parameters }: Call): Answer {
  const body = {
    runner_version: parameters["version"],
    registration_deprecates_at: null,
    runtime_deprecates_at: null,
  };
  return { status: 200, body };
}
