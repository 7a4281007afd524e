import { CodedError } from "charm-kit";

/** Codes of the errors of this client. */
export type ScaleSetClientErrorCode =
  "scale-set-url" | "scale-set-refused" | "scale-set-answer" | "scale-set-unreachable";

/** Root of the errors of this client. */
export abstract class ScaleSetClientError extends CodedError {
  abstract override readonly code: ScaleSetClientErrorCode;
}

/** An address that names no organization, repository or enterprise of GitHub. */
export class ScaleSetUrlError extends ScaleSetClientError {
  readonly code = "scale-set-url";

  constructor(url: string) {
    super(`Cannot use ${url}: give the address of an organization, a repository or an enterprise of GitHub`);
  }
}

/** The last part of GitHub's name of an error, for those that callers tell apart. */
export type ServiceErrorName =
  | "AgentExistsException"
  | "AgentNotFoundException"
  | "JobStillRunningException"
  | "RunnerScaleSetExistsException"
  | "RunnerScaleSetNotFoundException"
  | "RunnerScaleSetSessionConflictException";

/** What an answer of status 400 or more tells. */
export interface Refusal {
  /** HTTP status. */
  readonly status: number;
  /** GitHub's full name of the error, such as `GitHub.DistributedTask.WebApi.TaskAgentExistsException`; may be missing. */
  readonly typeName: string | undefined;
  /** GitHub's text. */
  readonly detail: string;
  /** What GitHub's support asks for. */
  readonly activityId: string | undefined;
  readonly requestId: string | undefined;
  /** Seconds after which GitHub may be asked again. */
  readonly retryAfterSeconds: number | undefined;
  /** Those headers of the answer that tell why, such as of rate limits and permissions; names are in lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

const LONGEST_DETAIL = 2000;

/** GitHub refused a call: it answered with an HTTP status of 400 or more. */
export class ScaleSetRefusedError extends ScaleSetClientError {
  readonly code = "scale-set-refused";
  /** What was being done, as it reads after "Cannot". */
  readonly action: string;
  readonly status: number;
  readonly typeName: string | undefined;
  /** GitHub's text, at most about 2 000 characters of it. */
  readonly detail: string;
  readonly activityId: string | undefined;
  readonly requestId: string | undefined;
  readonly retryAfterSeconds: number | undefined;
  /** Those headers of the answer that tell why, such as of rate limits and permissions; names are in lower case. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(action: string, refusal: Refusal, options?: ErrorOptions) {
    const detail = refusal.detail.slice(0, LONGEST_DETAIL);
    super(`Cannot ${action}: GitHub answered ${refusal.status}, ${describe(refusal, detail)}`, options);
    this.action = action;
    this.status = refusal.status;
    this.typeName = refusal.typeName;
    this.detail = detail;
    this.activityId = refusal.activityId;
    this.requestId = refusal.requestId;
    this.retryAfterSeconds = refusal.retryAfterSeconds;
    this.headers = refusal.headers;
  }

  /** Whether this is GitHub's error of that name. */
  is(name: ServiceErrorName): boolean {
    return this.typeName?.includes(name) ?? false;
  }
}

function describe({ typeName, requestId, activityId }: Refusal, detail: string): string {
  const facts = [
    ...(typeName === undefined ? [] : [typeName.replace(/,.*$/, "")]),
    ...(requestId === undefined ? [] : [`request ${requestId}`]),
    ...(activityId === undefined ? [] : [`activity ${activityId}`]),
  ];
  const text = detail === "" ? "without a reason" : detail;
  return facts.length === 0 ? text : `${text} (${facts.join(", ")})`;
}

/** GitHub sent an answer that is none of its protocol. */
export class ScaleSetAnswerError extends ScaleSetClientError {
  readonly code = "scale-set-answer";
  readonly action: string;

  /** @param detail what is wrong with it, as it reads after "GitHub's answer". */
  constructor(action: string, detail: string, options?: ErrorOptions) {
    super(`Cannot ${action}: GitHub's answer ${detail}`, options);
    this.action = action;
  }
}

/** GitHub cannot be reached, or the connection broke. */
export class ScaleSetUnreachableError extends ScaleSetClientError {
  readonly code = "scale-set-unreachable";
  readonly action: string;
  readonly host: string;
  /** Whether the request may have reached GitHub, so that what it asked for may have been done. */
  readonly maybeSent: boolean;

  constructor(
    action: string,
    host: string,
    {
      maybeSent,
      reason,
      ...options
    }: ErrorOptions & { readonly maybeSent: boolean; readonly reason: string },
  ) {
    super(
      `Cannot ${action}: ${host} cannot be reached, ${reason}; check the network, proxy and DNS`,
      options,
    );
    this.action = action;
    this.host = host;
    this.maybeSent = maybeSent;
  }
}
