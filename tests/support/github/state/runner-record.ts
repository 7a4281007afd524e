import type { Scope } from "./scope.ts";

/** What a registration is made with. */
export interface RunnerRequest {
  readonly scope: Scope;
  readonly name: string;
  readonly groupId: number;
  readonly labels: readonly string[];
  /** Whether the registration goes with its first job. Just-in-time ones always do. */
  readonly ephemeral: boolean;
  readonly workFolder: string;
  /** The scale set that it belongs to. @default none */
  readonly scaleSetId?: number;
}

/** A registered runner. Only {@link ActionsService} changes it. */
export interface RunnerRecord extends RunnerRequest {
  readonly id: number;
  /** What the runner application proves itself with: part of the private key that its configuration holds. */
  readonly proof: string;
  readonly createdAt: number;
  /** A misbehaviour that the runner application was told to show. */
  readonly fault: string | undefined;
  labels: readonly string[];
  status: "online" | "offline";
  busy: boolean;
  /** `unknown` until the application has connected. */
  os: string;
  /** null until the application has connected. */
  version: string | null;
  sessionId: string | undefined;
  /** The job that GitHub has picked the runner for, from assignment to end. */
  jobId: number | undefined;
  /** Polls that the application holds open now. */
  openPolls: number;
  /** Milliseconds since the Unix epoch of the last word from the application. */
  lastContact: number;
}

/** What tests see of a runner. */
export interface RunnerView {
  readonly id: number;
  readonly scope: Scope;
  readonly name: string;
  readonly labels: readonly string[];
  readonly status: "online" | "offline";
  readonly busy: boolean;
  readonly version: string | null;
  readonly jobId: number | undefined;
}

/** The part of a record that tests may know. */
export function viewRunner(runner: RunnerRecord): RunnerView {
  const { id, scope, name, labels, status, busy, version, jobId } = runner;
  return { id, scope, name, labels, status, busy, version, jobId };
}
