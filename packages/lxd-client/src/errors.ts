import { CodedError, DeadlineError } from "charm-kit";

/** Codes of the errors of this client. */
export type LxdClientErrorCode =
  "lxd" | "lxd-answer" | "lxd-unreachable" | "lxd-operation" | "lxd-operation-unseen" | "lxd-output-limit";

/** Root of the errors of this client. */
export abstract class LxdClientError extends CodedError {
  abstract override readonly code: LxdClientErrorCode;
}

/** LXD refused a call: it answered with an HTTP status of 400 or more, or with an envelope of type `error`. */
export class LxdError extends LxdClientError {
  readonly code = "lxd";
  /** What was being done, as it reads after "Cannot". */
  readonly action: string;
  /** HTTP status, or the envelope's `error_code`. */
  readonly status: number;
  /** LXD's text, at most about 2 000 characters of it. */
  readonly detail: string;

  constructor(action: string, status: number, detail: string, options?: ErrorOptions) {
    const short = truncate(detail);
    super(`Cannot ${action}: LXD answered ${status}, ${short}`, options);
    this.action = action;
    this.status = status;
    this.detail = short;
  }

  /** Whether the object is not there. */
  get notFound(): boolean {
    return this.status === 404;
  }

  /** Whether the object was changed by someone else since its ETag was read. */
  get stale(): boolean {
    return this.status === 412;
  }

  /** Whether an object of that name is there already. */
  get alreadyExists(): boolean {
    return this.status === 409 || this.detail.includes("already exists");
  }

  /**
   * Address of a member of the cluster that does not answer, without which LXD changes nothing that all members have, such
   * as a pool, a bridge or an ACL; undefined for another refusal.
   */
  get downMember(): string | undefined {
    return downMemberIn(this.detail);
  }

  /** Whether LXD refuses because the member of the cluster is evacuated: it creates, starts, freezes and unfreezes nothing there. */
  get evacuated(): boolean {
    return this.status === 403 && /\bmember is evacuated\b/.test(this.detail);
  }
}

/** LXD sent an answer that is none of its API. */
export class LxdAnswerError extends LxdClientError {
  readonly code = "lxd-answer";
  readonly action: string;

  /** @param detail what is wrong with it, as it reads after "LXD's answer". */
  constructor(action: string, detail: string, options?: ErrorOptions) {
    super(`Cannot ${action}: LXD's answer ${detail}`, options);
    this.action = action;
  }
}

/** Why the daemon cannot be talked to. `lost`: it went away in the middle of a call, for example by a restart. */
export type UnreachableReason = "missing" | "refused" | "forbidden" | "lost";

const REMEDIES: Readonly<Record<UnreachableReason, string>> = {
  missing: "does not exist; install LXD, or set LXD_SOCKET to the path of its socket",
  refused: "has no listener; start the LXD daemon (snap start lxd, or systemctl start lxd)",
  forbidden: "may not be opened by this user; run as root or as a member of the group lxd",
  lost: "closed the connection before it answered; see whether LXD was restarted, then try again",
};

/** The daemon's socket cannot be reached, or the connection to it broke. */
export class LxdUnreachableError extends LxdClientError {
  readonly code = "lxd-unreachable";
  readonly action: string;
  readonly reason: UnreachableReason;
  readonly socketPath: string;

  constructor(action: string, reason: UnreachableReason, socketPath: string, options?: ErrorOptions) {
    super(`Cannot ${action}: the LXD socket ${socketPath} ${REMEDIES[reason]}`, options);
    this.action = action;
    this.reason = reason;
    this.socketPath = socketPath;
  }
}

function downMemberIn(detail: string): string | undefined {
  return /\bpeer node (\S+) is down\b/.exec(detail)?.[1];
}

/** What LXD tells of an operation that failed. */
export interface OperationFailure {
  readonly operationId: string;
  /** LXD's text. */
  readonly detail: string;
  /** What the operation left in its metadata, such as the fingerprint of an image that is there already. */
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** LXD began an operation and failed to complete it, or it was cancelled. */
export class OperationError extends LxdClientError {
  readonly code = "lxd-operation";
  readonly action: string;
  readonly operationId: string;
  /** LXD's text, at most about 2 000 characters of it. */
  readonly detail: string;
  readonly metadata: Readonly<Record<string, unknown>>;

  constructor(action: string, failure: OperationFailure, options?: ErrorOptions) {
    const short = truncate(failure.detail);
    super(`Cannot ${action}: the LXD operation failed, ${short}`, options);
    this.action = action;
    this.operationId = failure.operationId;
    this.detail = short;
    this.metadata = failure.metadata;
  }

  /** Whether an object of that name is there already; LXD says so in the text alone. */
  get alreadyExists(): boolean {
    return this.detail.includes("already exists");
  }

  /** As {@link LxdError.downMember}, of an LXD that makes such changes in operations. */
  get downMember(): string | undefined {
    return downMemberIn(this.detail);
  }

  /** Whether the instance would have to run for it. */
  get notRunning(): boolean {
    return /(isn't|is not) running|already stopped/.test(this.detail);
  }

  /** Whether the agent in a virtual machine is not up, as long as the machine boots. */
  get agentOffline(): boolean {
    return /VM agent isn't currently running|Failed to connect to (lxd-|incus-)?agent/.test(this.detail);
  }

  /**
   * Whether a command was not started, since its connections were not all open within 5 seconds: LXD waits so long for a client,
   * and the agent of a virtual machine for LXD, as issue 17797 of LXD shows.
   */
  get commandNotStarted(): boolean {
    return /bad handshake|timed out waiting for websockets/i.test(this.detail);
  }

  /** Whether another operation holds the instance; the call may be repeated when that one has ended. */
  get busy(): boolean {
    return this.detail.includes("Instance is busy running a");
  }
}

/** An operation ended while nobody looked, and what it left cannot be read from any object. */
export class OperationUnseenError extends LxdClientError {
  readonly code = "lxd-operation-unseen";
  readonly action: string;
  readonly operationId: string;

  constructor(action: string, operationId: string) {
    super(`Cannot ${action}: LXD has forgotten operation ${operationId}, whose result is lost; do it again`);
    this.action = action;
    this.operationId = operationId;
  }
}

/** Something read from a guest, or from LXD, exceeds its limit. */
export class OutputLimitError extends LxdClientError {
  readonly code = "lxd-output-limit";
  readonly action: string;
  readonly limitBytes: number;

  /** @param subject what exceeds the limit. */
  constructor(action: string, limitBytes: number, subject = "the output") {
    super(`Cannot ${action}: ${subject} is larger than ${limitBytes} bytes`);
    this.action = action;
    this.limitBytes = limitBytes;
  }
}

const REASONS: Readonly<Record<string, UnreachableReason>> = {
  ENOENT: "missing",
  ENOTDIR: "missing",
  ECONNREFUSED: "refused",
  EACCES: "forbidden",
  EPERM: "forbidden",
  ECONNRESET: "lost",
  EPIPE: "lost",
  UND_ERR_SOCKET: "lost",
};

/** What HTTP parsers say of what is no HTTP, or has no end; undici's own gives a name alone. */
const NO_HTTP = /^(HPE_.*|UND_ERR_HEADERS_OVERFLOW|HTTPParserError)$/;

/** The facts of a connection that explain its failures. */
export interface Connection {
  readonly socketPath: string;
  /** `stalledMs`: milliseconds without a byte after which a body counts as stalled. */
  readonly limits: { readonly stalledMs: number };
}

/**
 * What a failed call throws: {@link LxdUnreachableError} for a broken connection, {@link LxdAnswerError} for an answer that
 * is no HTTP, `DeadlineError` for one that stalls, anything else as it is.
 */
export function explainFailure(action: string, connection: Connection, thrown: unknown): Error {
  const cause = thrown instanceof Error ? thrown : new Error(String(thrown), { cause: thrown });
  const { code = "" } = cause as NodeJS.ErrnoException;
  if (code === "UND_ERR_BODY_TIMEOUT")
    return new DeadlineError(action, connection.limits.stalledMs, { cause });
  if (NO_HTTP.test(code) || NO_HTTP.test(cause.name)) {
    // The parser's error holds what was received, which may be secret.
    return new LxdAnswerError(action, "is not HTTP", { cause: new Error(cause.message) });
  }
  const reason = REASONS[code];
  return reason !== undefined && isOfSocket(cause, connection.socketPath)
    ? new LxdUnreachableError(action, reason, connection.socketPath, { cause })
    : cause;
}

/** An upload's own file errors have the same codes, but a path that is not the socket's. */
function isOfSocket(error: Error, socketPath: string): boolean {
  const { address, path, syscall } = error as NodeJS.ErrnoException & { readonly address?: string };
  return path === undefined && (syscall !== "connect" || address === undefined || address === socketPath);
}

const HEAD = 1400;
const TAIL = 600;

/**
 * Shortens text to about 2 000 characters and keeps its beginning and end: LXD answers a full pool with hundreds of
 * lines, of which the first says what failed and the last says why.
 */
export function truncate(text: string): string {
  const left = text.length - HEAD - TAIL;
  if (left <= 0) return text;
  return `${text.slice(0, HEAD)} [${left} characters left out] ${text.slice(-TAIL)}`;
}
