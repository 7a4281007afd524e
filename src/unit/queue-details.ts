import type { QueueEvidence } from "./queue-evidence.ts";
import type { JudgedJob } from "./judge-job.ts";

/** Most jobs of the details. */
const MOST_JOBS = 20;

/** The numbers that are known. Pure. */
export function describeFacts({
  configured,
  counts,
  labels,
  room,
  rules,
  scaleSet,
}: QueueEvidence): readonly string[] {
  const figures = scaleSet?.figures;
  return [
    ...(counts
      ? [
          `runners: ${counts.names.length} of ${configured}, ${counts.busy} busy, ${counts.online} idle, ${counts.standby} on standby`,
        ]
      : []),
    ...(room !== undefined && room < configured ? [`room on the machine: ${room} runners`] : []),
    `labels: ${labels.join(", ")}`,
    ...(scaleSet
      ? [
          figures
            ? `scale set ${scaleSet.name}: ${figures.assigned} jobs assigned, ${figures.running} of them run`
            : `scale set ${scaleSet.name}: GitHub has none of this name yet`,
          ...(scaleSet.suspicion === undefined ? [] : [scaleSet.suspicion]),
        ]
      : []),
    ...(rules?.workflows
      ? [`the runner group '${rules.name}' is for these workflows alone: ${rules.workflows.join(", ")}`]
      : []),
  ];
}

/** A line for each of the jobs. Pure. */
export function describeJobs(judged: readonly JudgedJob[], now: number): readonly string[] {
  const lines = judged
    .slice(0, MOST_JOBS)
    .map(({ job: { labels, name, queuedAt, repository }, obstacle }) => {
      const seconds = Math.max(0, Math.round((now - queuedAt) / 1000));
      const why = obstacle === undefined ? "" : `: ${obstacle.text}`;
      return `job '${name}' of ${repository} [${labels.join(", ")}], ${seconds} s${why}`;
    });
  const others = judged.length - lines.length;
  return others > 0 ? [...lines, `and ${others} others`] : lines;
}

/** What could not be read. Pure. */
export function describeGaps({ obstacles, reading }: QueueEvidence): readonly string[] {
  return [...obstacles.slice(1).map(({ text }) => text), ...(reading?.gaps ?? [])];
}
