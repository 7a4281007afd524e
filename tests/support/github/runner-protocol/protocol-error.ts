/** Error bodies of GitHub's broker, by the kinds that the runner application tells apart. */
export type ProtocolErrorKind =
  | "RunnerNotFound"
  | "RunnerSessionConflict"
  | "InvalidClient"
  | "RunnerVersionTooOld"
  | "AcknowledgeJobNotFound"
  | "BadRequest";

const STATUSES: Readonly<Record<ProtocolErrorKind, number>> = {
  RunnerNotFound: 404,
  RunnerSessionConflict: 409,
  InvalidClient: 401,
  RunnerVersionTooOld: 403,
  AcknowledgeJobNotFound: 404,
  BadRequest: 400,
};

/** The runner application asked for something that it cannot have. */
export class ProtocolError extends Error {
  readonly kind: ProtocolErrorKind;
  readonly status: number;

  constructor(kind: ProtocolErrorKind) {
    super(kind);
    this.kind = kind;
    this.status = STATUSES[kind];
  }
}
