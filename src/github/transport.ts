/** One HTTP request for a route template of GitHub's documentation. */
export interface TransportRequest {
  /** Method and template, such as `GET /repos/{owner}/{repo}/actions/runners`. */
  readonly route: string;
  /** Values of the template, of the query and of the body. */
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;
  /** Whether the request may be sent again when its answer is lost. */
  readonly isRepeatable: boolean;
  /** Whether the request has waited for the end of a rate limit. @default false */
  readonly hasWaited?: boolean;
}

/** An answer that is no error. */
export interface TransportAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly data: unknown;
}

/** Sends a request. Throws the errors of Octokit, which contain the answer if there was one. */
export type Transport = (request: TransportRequest, signal: AbortSignal) => Promise<TransportAnswer>;
