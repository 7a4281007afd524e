import type { ActionsService } from "../state/actions-service.ts";
import type { EventBus } from "juju-charm";
import type { Instants } from "../state/instants.ts";
import type { ArchiveOffer } from "../http/archive-offer.ts";
import type { Caller, CallerDirectory } from "../http/callers.ts";
import type { ListView } from "../http/list-view.ts";
import type { RateLimits } from "../http/rate-limits.ts";
import type { DescriptionName } from "../validation/openapi-description.ts";
import type { RepositoryDirectory } from "../state/repository-settings.ts";
import type { ScaleSets } from "../state/scale-sets.ts";
import type { Scope } from "../state/scope.ts";

/** The stand-in's own names of GitHub's operations, the same for repositories, organisations and enterprises. */
export type RouteName =
  | "list-runners"
  | "get-runner"
  | "delete-runner"
  | "generate-jitconfig"
  | "registration-token"
  | "remove-token"
  | "downloads"
  | "list-runner-labels"
  | "list-runner-groups"
  | "get-runner-group"
  | "list-group-members"
  | "list-repositories"
  | "list-runs"
  | "runner-deprecation"
  | "get-repository"
  | "repository-settings"
  | "get-job"
  | "list-run-jobs"
  | "job-logs"
  | "rate-limit"
  | "meta"
  | "access-token"
  | "runner-registration"
  | "scale-set-groups"
  | "scale-sets"
  | "scale-set-sessions"
  | "scale-set-messages"
  | "scale-set-acknowledge"
  | "scale-set-acquire"
  | "scale-set-jitconfig"
  | "scale-set-agents"
  | "archive";

/** Everything that handlers act on. */
export interface World {
  readonly service: ActionsService;
  readonly scaleSets: ScaleSets;
  readonly instants: EventBus<Instants>;
  readonly callers: CallerDirectory;
  readonly rateLimits: RateLimits;
  readonly archives: ArchiveOffer;
  readonly repositories: RepositoryDirectory;
}

/** A request, read and let in. */
export interface Call {
  readonly world: World;
  readonly route: Route;
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: unknown;
  readonly caller: Caller;
  /** The scope that the path names; meaningless for routes without one. */
  readonly scope: Scope;
  /** Of the API, such as `http://192.0.2.2:8080/api/v3`. */
  readonly apiURL: string;
  /** Of the server, such as `http://192.0.2.2:8080`. */
  readonly origin: string;
  /** Without the API's prefix and the query. */
  readonly path: string;
  /** What a fault has done to lists. */
  readonly listView: ListView;
}

/** What a handler answers: a body that goes out as JSON, or none. */
export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a caller must have: scopes of a classic token, any of which is enough, and the permission of an app. */
export interface Permission {
  readonly scopes: readonly string[];
  readonly app: string;
}

/** An operation of GitHub's API. */
export interface Route {
  readonly name: RouteName;
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Path template as in GitHub's description. */
  readonly template: string;
  /** undefined for operations that the description leaves out; they are not validated. */
  readonly description: DescriptionName | undefined;
  /** undefined: anybody who is somebody. */
  readonly permission: Permission | undefined;
  /** How the caller proves who it is. @default "token" */
  readonly proof?: "token" | "app" | "none";
  readonly handle: (call: Call) => Answer | Promise<Answer>;
}

/** GitHub's usual error body. */
export function failure(status: number, message: string): Answer {
  return {
    status,
    body: { message, documentation_url: "https://docs.github.com/rest", status: String(status) },
  };
}
