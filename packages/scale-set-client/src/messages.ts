import { fieldsOf, type Fields } from "./shapes.ts";
import { toStatistics, type ScaleSetStatistics } from "./types.ts";

/** What each message tells of its job. What GitHub leaves out is undefined. */
export interface JobFacts {
  /** Names the job in {@link MessageSession.acquireJobs}. */
  readonly runnerRequestId: number | undefined;
  readonly ownerName: string | undefined;
  readonly repositoryName: string | undefined;
  readonly jobId: string | undefined;
  readonly jobWorkflowRef: string | undefined;
  readonly jobDisplayName: string | undefined;
  readonly workflowRunId: number | undefined;
  readonly eventName: string | undefined;
  /** The job's `runs-on`. */
  readonly requestLabels: readonly string[];
  readonly queueTime: Date | undefined;
  readonly scaleSetAssignTime: Date | undefined;
  readonly runnerAssignTime: Date | undefined;
  readonly finishTime: Date | undefined;
}

/** A job that may be acquired. */
export interface JobAvailable extends JobFacts {
  readonly type: "JobAvailable";
  readonly acquireJobUrl: string | undefined;
}

/** A job that waits for a runner of this scale set. */
export interface JobAssigned extends JobFacts {
  readonly type: "JobAssigned";
}

/** A runner has taken a job; not necessarily the runner that was made for it. */
export interface JobStarted extends JobFacts {
  readonly type: "JobStarted";
  readonly runnerId: number | undefined;
  readonly runnerName: string | undefined;
}

/** A job has ended. */
export interface JobCompleted extends JobFacts {
  readonly type: "JobCompleted";
  /** Such as `succeeded`; also `canceled` for a job that no runner has taken. */
  readonly result: string | undefined;
  readonly runnerId: number | undefined;
  readonly runnerName: string | undefined;
}

/** A message of a type that this client does not know, or that it cannot read. */
export interface UnknownJobMessage {
  readonly type: "unknown";
  /** GitHub's name of the type; undefined where there is none. */
  readonly messageType: string | undefined;
  /** As it came. */
  readonly value: unknown;
}

/** One message of a batch. */
export type JobMessage = JobAvailable | JobAssigned | JobStarted | JobCompleted | UnknownJobMessage;

/** An answer of the message queue: at most 50 messages, and how the scale set stands. */
export interface ScaleSetMessage {
  /** Names it in {@link MessageSession.acknowledge}; grows. */
  readonly id: number;
  /** `RunnerScaleSetJobMessages`, as far as is known. */
  readonly type: string;
  /** undefined where GitHub sends none: then what the last message told still holds. */
  readonly statistics: ScaleSetStatistics | undefined;
  readonly jobs: readonly JobMessage[];
}

/** @returns undefined for a value without an identifier, which nobody could acknowledge. */
export function toMessage(value: unknown): ScaleSetMessage | undefined {
  const fields = fieldsOf(value);
  const id = fields?.number("messageId");
  if (fields === undefined || id === undefined) return undefined;
  return {
    id,
    type: fields.text("messageType") ?? "",
    statistics: toStatistics(fields.record("statistics")),
    jobs: jobsOf(fields.text("body") ?? ""),
  };
}

function jobsOf(body: string): readonly JobMessage[] {
  if (body === "") return [];
  let items: unknown;
  try {
    items = JSON.parse(body);
  } catch {
    return [{ type: "unknown", messageType: undefined, value: body }];
  }
  return (Array.isArray(items) ? (items as readonly unknown[]) : [items]).map(toJobMessage);
}

function toJobMessage(value: unknown): JobMessage {
  const fields = fieldsOf(value);
  const messageType = fields?.text("messageType");
  if (fields === undefined) return { type: "unknown", messageType, value };
  const facts = factsOf(fields);
  const runner = { runnerId: fields.number("runnerId"), runnerName: fields.text("runnerName") };
  switch (messageType) {
    case "JobAvailable":
      return { type: messageType, ...facts, acquireJobUrl: fields.text("acquireJobUrl") };
    case "JobAssigned":
      return { type: messageType, ...facts };
    case "JobStarted":
      return { type: messageType, ...facts, ...runner };
    case "JobCompleted":
      return { type: messageType, ...facts, ...runner, result: fields.text("result") };
    case undefined:
    default:
      return { type: "unknown", messageType, value };
  }
}

function factsOf(fields: Fields): JobFacts {
  return {
    runnerRequestId: fields.number("runnerRequestId"),
    ownerName: fields.text("ownerName"),
    repositoryName: fields.text("repositoryName"),
    jobId: fields.text("jobId"),
    jobWorkflowRef: fields.text("jobWorkflowRef"),
    jobDisplayName: fields.text("jobDisplayName"),
    workflowRunId: fields.number("workflowRunId"),
    eventName: fields.text("eventName"),
    requestLabels: fields.list("requestLabels").filter((label) => typeof label === "string"),
    queueTime: fields.moment("queueTime"),
    scaleSetAssignTime: fields.moment("scaleSetAssignTime"),
    runnerAssignTime: fields.moment("runnerAssignTime"),
    finishTime: fields.moment("finishTime"),
  };
}
