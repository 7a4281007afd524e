import type { RouteName } from "../routes/route.ts";

/** A request on GitHub's paths and how it was answered. Headers are left out: they hold tokens. */
export interface LoggedRequest {
  /** Milliseconds since the Unix epoch, of the virtual clock. */
  readonly at: number;
  readonly method: string;
  /** Without the API's prefix, with the query. */
  readonly path: string;
  /** undefined for a path that is none of GitHub's. */
  readonly route: RouteName | undefined;
  readonly body: unknown;
  /** 0 where the connection was reset. */
  readonly status: number;
  readonly userAgent: string | undefined;
}
