export {
  type AtomicWriteOptions,
  type WriteSteps,
  diskSteps,
  makeFileAtomically,
  removeFile,
  writeFileAtomically,
} from "./atomic-write.ts";
export { type Clock, isRecent, systemClock } from "./clock.ts";
export { Gate, type Resolvers, settleAll, withResolvers } from "./concurrency.ts";
export { DeadlineError, orAborted, unhindered, withDeadline, type Await } from "./deadline.ts";
export {
  CodedError,
  ConditionError,
  type Remedy,
  findCause,
  messageOf,
  systemErrorCode,
  withoutAction,
} from "./errors.ts";
export { firstNotJSON, isRecord, readJSONFile } from "./json.ts";
export { lastLines, type QuotationOptions } from "./last-lines.ts";
export {
  type LogFields,
  type LogLevel,
  type Logger,
  type LogSink,
  createLogger,
  silentLogger,
} from "./log.ts";
export { LockedError, PatientLock, type PatientLockOptions } from "./patient-lock.ts";
export { ProcessLock } from "./process-lock.ts";
export { Redactor } from "./redactor.ts";
export {
  NOT_STARTED,
  ProcessError,
  type ProcessOptions,
  type ProcessOutcome,
  type RunProcess,
  renderCommand,
  runOrFail,
  runProcess,
} from "./run-process.ts";
export { REDACTED, Secret } from "./secret.ts";
export { formatSize, parseSize } from "./size.ts";
export { renderSystemdCommand } from "./systemd-command.ts";
