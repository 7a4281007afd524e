export type { TokenListener, TokenRenewal, TokenSource } from "./admin-connection.ts";
export {
  ScaleSetAnswerError,
  ScaleSetClientError,
  ScaleSetRefusedError,
  ScaleSetUnreachableError,
  ScaleSetUrlError,
  type Refusal,
  type ScaleSetClientErrorCode,
  type ServiceErrorName,
} from "./errors.ts";
export type { MessageSession, PollOptions } from "./message-session.ts";
export type {
  JobAssigned,
  JobAvailable,
  JobCompleted,
  JobFacts,
  JobMessage,
  JobStarted,
  ScaleSetMessage,
  UnknownJobMessage,
} from "./messages.ts";
export { ScaleSetClient, type ScaleSetClientOptions } from "./scale-set-client.ts";
export type { Limits } from "./transport.ts";
export type {
  Deletion,
  JitRunner,
  NewRunner,
  NewScaleSet,
  RunnerGroup,
  RunnerReference,
  ScaleSet,
  ScaleSetStatistics,
} from "./types.ts";
export type { SystemInfo } from "./user-agent.ts";
