import type { GroupRules, QueuedJob } from "./ports.ts";
import type { Obstacle } from "./queue-obstacle.ts";

/** A job that this unit could have, or could nearly have. */
export interface JudgedJob {
  readonly job: QueuedJob;
  readonly obstacle: Obstacle | undefined;
}

/** What jobs must fit. */
export interface UnitOffer {
  /** What jobs may ask for in `runs-on`. */
  readonly labels: readonly string[];
  /** Name of the unit's scale set, which is a label too. @default none */
  readonly scaleSet?: string | undefined;
  /** undefined where the group has no rules, or cannot be read. */
  readonly rules: GroupRules | undefined;
  /** Repositories that are public, in lower case. */
  readonly publicRepositories: ReadonlySet<string>;
}

/** Whether a job is one that the unit can have. Pure. @returns nothing for a job of others. */
export function judgeJob(
  job: QueuedJob,
  { labels, rules, publicRepositories, scaleSet }: UnitOffer,
): readonly JudgedJob[] {
  const offered = new Set(
    [...labels, ...(scaleSet === undefined ? [] : [scaleSet])].map((label) => label.toLowerCase()),
  );
  const missing = job.labels.filter((label) => !offered.has(label.toLowerCase()));
  if (missing.length === job.labels.length) return [];
  if (missing.length > 0) {
    const text = `no runner of this unit has ${quoteAll(missing)}; it offers ${labels.join(", ")}`;
    return [{ job, obstacle: { reason: "labels", text } }];
  }
  const refusal = rules && refusalOf(job.repository, rules, publicRepositories);
  return [{ job, obstacle: refusal === undefined ? undefined : { reason: "group", text: refusal } }];
}

function refusalOf(
  repository: string,
  { allowsPublic, members, name }: GroupRules,
  publicRepositories: ReadonlySet<string>,
): string | undefined {
  const lower = repository.toLowerCase();
  const [owner = ""] = lower.split("/");
  if (members && !members.includes(lower) && !members.includes(owner))
    return `the runner group '${name}' does not serve ${repository}; add it to the group, or set another group`;
  if (!allowsPublic && publicRepositories.has(lower))
    return `the runner group '${name}' serves no public repository, such as ${repository}; allow public repositories in the group`;
  return undefined;
}

function quoteAll(labels: readonly string[]): string {
  return labels.map((label) => `'${label}'`).join(", ");
}
