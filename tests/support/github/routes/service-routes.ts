import type { Route } from "./route.ts";

/** How much of the rate limits is left. Asking costs nothing. */
export const rateLimitRoute: Route = {
  name: "rate-limit",
  method: "GET",
  template: "/rate_limit",
  description: "api.github.com",
  permission: undefined,
  handle: ({ world, caller }) => ({ status: 200, body: world.rateLimits.overview(caller.token) }),
};

/** Facts of the installation; a server of GitHub Enterprise names its version here. */
export const metaRoute: Route = {
  name: "meta",
  method: "GET",
  template: "/meta",
  description: "api.github.com",
  permission: undefined,
  handle: () => ({ status: 200, body: { verifiable_password_authentication: false } }),
};
