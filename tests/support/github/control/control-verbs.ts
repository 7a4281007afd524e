import type { App, PersonalToken } from "../http/callers.ts";
import type { ChecksumKnob } from "../http/archive-offer.ts";
import type { Fault } from "../http/faults.ts";
import type { LoggedRequest } from "../http/request-log.ts";
import type { GroupRule } from "../state/group-rules.ts";
import type { JobRequest, JobStatus, JobView } from "../state/job-record.ts";
import type { MessageFault, ScaleSetKnobs, ScaleSetView } from "../state/scale-set-record.ts";
import type { RepositorySettings } from "../state/repository-settings.ts";
import type { RunnerView } from "../state/runner-record.ts";
import type { Violation } from "../validation/violation.ts";

/** What a runner application can be told to do wrong. */
type ApplicationFault =
  | "crash-before-connect"
  | "hang-before-connect"
  | "ignore-termination"
  | "stop-renewing"
  | "worker-killed"
  | "version-too-old"
  | `exit-${number}`;

/** A condition on the runners that are there. */
export interface RunnerCondition {
  /** At least so many runners are online and idle. */
  readonly idle?: number;
  /** Name of one that does not count among the idle ones. */
  readonly besides?: string;
  /** Exactly so many runners are registered. */
  readonly registered?: number;
}

/** The control plane: each verb, what it takes and what it gives. All of it travels as JSON. */
export interface ControlVerbs {
  "queue-job": { readonly takes: JobRequest; readonly gives: JobView };
  "cancel-job": { readonly takes: { readonly id: number }; readonly gives: null };
  /** Waits until a job has a status. */
  "wait-for-job": {
    readonly takes: { readonly id: number; readonly status: JobStatus };
    readonly gives: JobView;
  };
  "job-log": { readonly takes: { readonly id: number }; readonly gives: string };
  "list-jobs": { readonly takes: null; readonly gives: readonly JobView[] };
  "list-runners": { readonly takes: null; readonly gives: readonly RunnerView[] };
  /** Waits until the runners are as described. */
  "wait-for-runners": { readonly takes: RunnerCondition; readonly gives: readonly RunnerView[] };
  /** Deletes a registration behind everybody's back. */
  "drop-runner": { readonly takes: { readonly name: string }; readonly gives: null };
  "add-fault": { readonly takes: Fault; readonly gives: null };
  "clear-faults": { readonly takes: null; readonly gives: null };
  /** The applications of the next registrations misbehave, one fault each. */
  "add-application-faults": { readonly takes: readonly ApplicationFault[]; readonly gives: null };
  "set-checksum": { readonly takes: ChecksumKnob; readonly gives: null };
  /** Requests an hour and caller; begins the hour anew. */
  "set-rate-limit": { readonly takes: { readonly limit: number }; readonly gives: null };
  "add-token": { readonly takes: PersonalToken; readonly gives: null };
  "revoke-token": { readonly takes: { readonly token: string }; readonly gives: null };
  "add-app": { readonly takes: App; readonly gives: null };
  /** A scope that callers do not see from now on, such as `orgs/secret`. */
  "hide-scope": { readonly takes: { readonly scope: string }; readonly gives: null };
  /** Gives a repository a new name, such as `octo/hello`; its runners and jobs keep to it. */
  "rename-repository": {
    readonly takes: { readonly from: string; readonly to: string };
    readonly gives: null;
  };
  /** Replaces the settings of a repository, such as `octo/hello`: its branches, collaborators and pull requests. */
  "set-repository": {
    readonly takes: { readonly repository: string; readonly settings: RepositorySettings };
    readonly gives: null;
  };
  "advance-clock": { readonly takes: { readonly byMs: number }; readonly gives: null };
  "list-scale-sets": { readonly takes: null; readonly gives: readonly ScaleSetView[] };
  /** Waits until a scale set has a session and so many assigned jobs. */
  "wait-for-scale-set": {
    readonly takes: { readonly name: string; readonly assigned?: number };
    readonly gives: ScaleSetView;
  };
  /** The messages of scale sets go wrong, once for each fault. */
  "add-message-faults": { readonly takes: readonly MessageFault[]; readonly gives: null };
  "set-scale-sets": { readonly takes: Partial<ScaleSetKnobs>; readonly gives: null };
  /** GitHub deletes scale sets that were unused for long. */
  "drop-scale-set": { readonly takes: { readonly name: string }; readonly gives: null };
  /** Which repositories a runner group serves. */
  "set-runner-group": { readonly takes: GroupRule; readonly gives: null };
  /** No token of the Actions service is taken any more. */
  "revoke-admin-tokens": { readonly takes: null; readonly gives: null };
  /** Life of the next tokens of installations of apps. */
  "set-app-tokens": { readonly takes: { readonly lifeMs: number }; readonly gives: null };
  /** No token of an app's installation is taken any more; its key gives others. */
  "revoke-app-tokens": { readonly takes: null; readonly gives: null };
  requests: { readonly takes: null; readonly gives: readonly LoggedRequest[] };
  violations: { readonly takes: null; readonly gives: readonly Violation[] };
  /** Forgets runners, jobs, faults, requests, violations and rate limits. */
  reset: { readonly takes: null; readonly gives: null };
}

export type ControlVerb = keyof ControlVerbs;

/** Carries the verbs out. */
export type ControlHandlers = {
  readonly [Verb in ControlVerb]: (
    takes: ControlVerbs[Verb]["takes"],
    signal: AbortSignal,
  ) => ControlVerbs[Verb]["gives"] | Promise<ControlVerbs[Verb]["gives"]>;
};
