import { ConditionError, DeadlineError, findCause, messageOf } from "charm-kit";
import type { EarlyEnd } from "./ports.ts";

/** A runner could not be created; nothing of it is left on LXD or GitHub. */
export class RunnerCreateError extends ConditionError {
  readonly code = "runner-create";
  readonly remedy = "retry";
  readonly runner: string;
  /** Whether its instance may be left: the clean-up failed too, or it has a job. */
  readonly isLeft: boolean;

  constructor(
    runner: string,
    detail: string,
    { isLeft = false, ...options }: ErrorOptions & { readonly isLeft?: boolean } = {},
  ) {
    super(`Cannot create runner '${runner}': ${detail}`, options);
    this.runner = runner;
    this.isLeft = isLeft;
  }
}

/** A standby instance was of no use to the runner that took it; the runner is created on a new instance. */
export class StandbyLostError extends ConditionError {
  readonly code = "standby-lost";
  readonly remedy = "retry";

  constructor(instance: string, detail: string, options?: ErrorOptions) {
    super(`Cannot use standby instance '${instance}': ${detail}`, options);
  }
}

/** A former scope, which still has jobs, has registered no runner for one of them. */
export class FormerScopeError extends ConditionError {
  readonly code = "former-scope";
  readonly remedy = "retry";

  /** @param scope address of its path. */
  constructor(scope: string, options: ErrorOptions) {
    super(`Cannot register a runner at ${scope}: ${messageOf(options.cause)}`, options);
  }
}

/** Exit code of a runner application whose version GitHub rejects. */
const VERSION_REFUSED = 7;

/** The runner application ended before it listened for jobs. */
export class ApplicationEndedError extends ConditionError {
  readonly code = "application-ended";
  readonly remedy = "retry";
  readonly exitCode: number;

  constructor(exitCode: number) {
    const reason = exitCode === VERSION_REFUSED ? "; GitHub rejects its version" : "";
    super(
      `Cannot start the runner application: it ended with ${exitCode} before it listened for jobs${reason}`,
    );
    this.exitCode = exitCode;
  }

  /** Whether GitHub requires a newer runner application. */
  get versionRefused(): boolean {
    return this.exitCode === VERSION_REFUSED;
  }
}

/** The application of a ready runner ended by itself, without a job. */
export class ApplicationDiedError extends ConditionError {
  readonly code = "application-died";
  readonly remedy = "retry";
  readonly runner: string;
  readonly exitCode: number;

  constructor({ name, code, seconds, output }: EarlyEnd & { readonly code: number }) {
    const lines = output === "" ? "" : `; its last output: ${output}`;
    super(
      `Cannot keep runner '${name}': its application ended with ${code} after ${seconds} s without a job${lines}`,
    );
    this.runner = name;
    this.exitCode = code;
  }
}

/** The instance of a ready runner ended, and neither its application nor this unit has said why. */
export class RunnerVanishedError extends ConditionError {
  readonly code = "runner-vanished";
  readonly remedy = "retry";
  readonly runner: string;

  constructor({ name, seconds, output }: EarlyEnd) {
    super(`Cannot keep runner '${name}': after ${seconds} s without a job ${output}`);
    this.runner = name;
  }
}

/** The error of a runner that ended by itself, without a job. */
export function earlyEndError(end: EarlyEnd): ApplicationDiedError | RunnerVanishedError {
  const { code } = end;
  return code === undefined ? new RunnerVanishedError(end) : new ApplicationDiedError({ ...end, code });
}

/** A runner could not be removed; the next reconcile tries again. */
export class RunnerRemoveError extends ConditionError {
  readonly code = "runner-remove";
  readonly remedy = "retry";
  readonly runner: string;

  constructor(runner: string, detail: string, options?: ErrorOptions) {
    super(`Cannot remove runner '${runner}': ${detail}`, options);
    this.runner = runner;
  }
}

/** The logs of a runner could not be pulled. */
export class RunnerLogsError extends ConditionError {
  readonly code = "runner-logs";
  readonly remedy = "retry";
  readonly runner: string;

  constructor(runner: string, detail: string, options?: ErrorOptions) {
    super(`Cannot pull the logs of runner '${runner}': ${detail}`, options);
    this.runner = runner;
  }
}

/** An error and its causes, the outermost first. */
export function causes(thrown: unknown): readonly Error[] {
  return thrown instanceof Error ? [thrown, ...causes(thrown.cause)] : [];
}

/**
 * Whether a former scope is to blame that a runner could not be made for it: it has not registered the runner, or the runner
 * has not come online there. Pure.
 */
export function isOfFormerScope(thrown: unknown): boolean {
  if (findCause(thrown, FormerScopeError)) return true;
  const ended = findCause(thrown, ApplicationEndedError);
  if (ended) return !ended.versionRefused;
  return findCause(thrown, RunnerCreateError)?.cause instanceof DeadlineError;
}
