import { failure } from "./route.ts";
import type { Answer, Call, Route } from "./route.ts";

const shared = { description: "api.github.com", permission: undefined, proof: "app" } as const;

/** What a GitHub App does with its key: look its installation up and get a token for it. */
export const appRoutes: readonly Route[] = [
  {
    ...shared,
    name: "access-token",
    method: "POST",
    template: "/app/installations/{installation_id}/access_tokens",
    handle: mintAccessToken,
  },
];

function mintAccessToken({ world, parameters, body, caller }: Call): Answer {
  const { app } = caller;
  if (app?.installationId !== Number(parameters["installation_id"])) return failure(404, "Not Found");
  const wanted = (body as { readonly permissions?: Readonly<Record<string, string>> } | undefined)
    ?.permissions;
  const permissions = wanted ?? app.permissions;
  const refused = Object.keys(permissions).filter((name) => !(name in app.permissions));
  if (refused.length > 0) {
    return failure(422, "The permissions requested are not granted to this installation.");
  }
  const { token, expiresAt } = world.callers.mintInstallationToken(permissions);
  return {
    status: 201,
    body: { token, expires_at: expiresAt, permissions, repository_selection: "all" },
  };
}
