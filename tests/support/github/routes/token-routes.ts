import { scopeOfUrl } from "../state/scope.ts";
import { failure } from "./route.ts";
import type { Answer, Call, Route } from "./route.ts";
import { runnerPrefixes } from "./scoped-prefixes.ts";

/** Tokens that `config.sh` registers and removes with, and what it exchanges them for. */
export const tokenRoutes: readonly Route[] = [
  ...runnerPrefixes.flatMap(({ prefix, description, permission }): Route[] =>
    (["registration-token", "remove-token"] as const).map((name) => ({
      name,
      method: "POST",
      template: `${prefix}/actions/runners/${name}`,
      description,
      permission,
      handle: mintToken,
    })),
  ),
  {
    name: "runner-registration",
    method: "POST",
    template: "/actions/runner-registration",
    description: undefined,
    permission: undefined,
    proof: "none",
    handle: exchangeToken,
  },
];

function mintToken({ world, scope, route }: Call): Answer {
  const use = route.name === "remove-token" ? "remove" : "register";
  const { token, expiresAt } = world.callers.runnerTokens.mint(scope, use);
  return { status: 201, body: { token, expires_at: expiresAt } };
}

/** The first thing that the runner application asks with such a token: where the service is, and its own token for it. */
function exchangeToken({ world, body, caller, origin }: Call): Answer {
  const { url, runner_event: use } = body as { readonly url: string; readonly runner_event: string };
  const scope = scopeOfUrl(url);
  const tokens = world.callers.runnerTokens;
  const grant = tokens.find(caller.token);
  if (!grant) return failure(401, "Bad credentials");
  if (grant.scope !== scope || grant.use !== use) return failure(404, "Not Found");
  const service = `${origin}/_services/runner/`;
  return {
    status: 200,
    body: {
      url: service,
      token: tokens.mintAdmin(grant, world.scaleSets.knobs.adminTokenMs),
      token_schema: "OAuthAccessToken",
      use_v2_flow: true,
    },
  };
}
