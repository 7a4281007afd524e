import type { EarlyEnd } from "../runners/ports.ts";
import type { JobFacts } from "./ports.ts";
import type { RunnerStart, RunnerStop } from "./metric-event.ts";
import type { FirstStep } from "./event-spool.ts";
import type { RunnerTrace } from "./runner-trace.ts";

/**
 * The events of a runner's trace: none without a job, only the start for a runner that ended abruptly.
 *
 * Durations are never negative: clocks differ, and a guest's values are untrusted.
 */
export function jobEvents(
  trace: RunnerTrace,
  job: JobFacts | undefined,
  flavor: string,
): readonly (RunnerStart | RunnerStop)[] {
  const { installedAt, preJob, postJob } = trace;
  if (!preJob) return [];
  const { workflow, repository, event } = preJob;
  const fields = { flavor, workflow, repo: repository, github_event: event };
  const start: RunnerStart = {
    timestamp: preJob.timestamp,
    event: "runner_start",
    ...fields,
    idle: span(installedAt, preJob.timestamp),
    ...queueDuration(job),
  };
  if (!postJob) return [start];
  const stop: RunnerStop = {
    timestamp: postJob.timestamp,
    event: "runner_stop",
    ...fields,
    status: postJob.status,
    ...(postJob.code !== undefined && { status_info: { code: postJob.code } }),
    job_duration: span(preJob.timestamp, postJob.timestamp),
    ...(job?.conclusion !== undefined && { job_conclusion: job.conclusion }),
  };
  return [start, stop];
}

/** How long an assigned job waited for its first step, the job-started hook; nothing where GitHub does not tell. */
export function firstStepOf({ preJob }: RunnerTrace, job: JobFacts | undefined): readonly FirstStep[] {
  if (!preJob || job?.startedAt === undefined) return [];
  return [{ event: "first_step", duration: span(job.startedAt / 1000, preJob.timestamp) }];
}

/** Of the runners that end with 0, those that lived shorter than this may have failed. */
const SHORT_LIFE_SECONDS = 300;

/**
 * The runners whose application ended by itself, without a job: with an error, or at once with a word of its own. Those
 * that the unit removed leave no record of their end. GitHub drops idle runners, whose application then exits with 0.
 */
export function earlyEnds(traces: readonly RunnerTrace[]): readonly EarlyEnd[] {
  return traces.flatMap(({ name, installedAt, preJob, postJob, output }) => {
    if (preJob || !postJob) return [];
    const code = postJob.code ?? 0;
    const seconds = Math.round(span(installedAt, postJob.timestamp));
    const { text, saysDropped } = output ?? { text: "", saysDropped: false };
    // With 0, only an application that says something else than GitHub's drop has failed.
    const isEarly = code !== 0 || (seconds < SHORT_LIFE_SECONDS && text !== "" && !saysDropped);
    return isEarly ? [{ name, code, seconds, output: text }] : [];
  });
}

/** Runners that started a job and did not report its end. */
export function crashedRunners(events: readonly { readonly event: string }[]): number {
  const count = (name: string) => events.filter(({ event }) => event === name).length;
  return Math.max(0, count("runner_start") - count("runner_stop"));
}

/** Old servers send no creation time. */
function queueDuration(job: JobFacts | undefined): Pick<RunnerStart, "queue_duration"> {
  const { createdAt, startedAt } = job ?? {};
  if (createdAt === undefined || startedAt === undefined) return {};
  return { queue_duration: span(createdAt / 1000, startedAt / 1000) };
}

function span(from: number, to: number): number {
  return inMilliseconds(Math.max(0, to - from));
}

/** Rounds away floating-point noise. */
export function inMilliseconds(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}
