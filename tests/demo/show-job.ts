import type { UnitAgent } from "juju-agent";
import { withDeadline } from "charm-kit";
import type { StandInControl } from "../support/github/control/stand-in-control.ts";
import type { JobView } from "../support/github/state/job-record.ts";
import { REPOSITORY } from "../support/rig/rig.ts";
import { InstanceWatch } from "./instance-watch.ts";
import { renderJobOutput } from "./job-output.ts";
import type { Screen } from "./screen.ts";
import type { TimeTable } from "./time-table.ts";

/** What a job is shown on. */
export interface Stage {
  readonly github: StandInControl;
  readonly agent: UnitAgent;
  readonly unit: string;
  readonly screen: Screen;
  readonly times: TimeTable;
  /** How many runners the unit is to keep. */
  readonly count: number;
}

const MINUTE = 60_000;

/** Runs a job, then shows the used runner go and a fresh one come. */
export async function showJob(stage: Stage, steps: readonly string[], signal: AbortSignal): Promise<void> {
  const { screen, times } = stage;
  screen.heading("A job");
  await using watch = await InstanceWatch.open(signal);
  const job = await runJob(stage, steps, signal);
  const { runnerName = "" } = job;
  screen.heading("A fresh runner for the used one");
  await times.measure("Used runner gone", () =>
    withDeadline(`see runner '${runnerName}' go`, 2 * MINUTE, signal, (limited) =>
      watch.gone(runnerName, limited),
    ),
  );
  screen.line(`${runnerName} has powered itself off, and LXD has deleted it`);
  const known = new Set((await stage.github.call("list-runners", null, signal)).map(({ name }) => name));
  screen.line(`GitHub lists ${known.size} runners: the registration was good for one job`);
  await times.measure("Replacement online", () => replace(stage, known, signal));
}

async function runJob(stage: Stage, steps: readonly string[], signal: AbortSignal): Promise<JobView> {
  const { github, screen, times } = stage;
  const request = { repository: REPOSITORY, labels: ["self-hosted"], steps, name: "hello" };
  const { id } = await github.call("queue-job", request, signal);
  screen.line(`Job ${id} is queued in ${REPOSITORY} with runs-on: self-hosted`);
  const job = await withDeadline(`see job ${id} end`, 60 * MINUTE, signal, (limited) =>
    github.call("wait-for-job", { id, status: "completed" }, limited),
  );
  const { createdAt, startedAt = createdAt, completedAt = startedAt, runnerName = "nobody" } = job;
  screen.line(`${runnerName} took it, and this is its log:`);
  screen.text(renderJobOutput(await github.call("job-log", { id }, signal)));
  const annotation = job.annotation === undefined ? "" : ` (${job.annotation})`;
  if (job.conclusion === "success") screen.success(`Job ${id} has succeeded`);
  else screen.line(`Job ${id} has ended: ${String(job.conclusion)}${annotation}`);
  times.add(
    { phase: "Job", ms: completedAt - createdAt },
    { phase: "queued until started", ms: startedAt - createdAt, part: true },
    { phase: "started until done", ms: completedAt - startedAt, part: true },
  );
  return job;
}

/** The unit's runner service has seen the end of the instance, and replaces it. */
async function replace(stage: Stage, known: ReadonlySet<string>, signal: AbortSignal): Promise<void> {
  const { count, github, screen } = stage;
  screen.line("The unit's runner service, a process beside the hooks, replaces it; no event is fired");
  const runners = await withDeadline("see the replacement come online", MINUTE, signal, (limited) =>
    github.call("wait-for-runners", { idle: count }, limited),
  );
  const fresh = runners.filter(({ name }) => !known.has(name)).map(({ name }) => name);
  screen.success(`${fresh.join(", ")} is online; ${runners.length} runners wait for jobs again`);
}

/** Runs the unit's programs as its agent does, while something is shown. */
export async function withPrograms<T>({ agent }: Pick<Stage, "agent">, work: () => Promise<T>): Promise<T> {
  const ended = new AbortController();
  const programs = agent.supervisePrograms(ended.signal);
  try {
    return await work();
  } finally {
    ended.abort();
    await programs;
  }
}
