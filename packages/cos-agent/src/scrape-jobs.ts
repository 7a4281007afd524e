import type { JsonValue } from "juju-charm";
import { createHash } from "./create-hash.ts";

/** Targets of a scrape job. */
export interface StaticConfig {
  /** Such as `localhost:9100`: the agent runs on the unit's machine. */
  readonly targets: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
}

/** A scrape job, as in the configuration of Prometheus. */
export interface ScrapeJob {
  /** @default "default"; the relation has the application before it, and a hash behind it. */
  readonly job_name?: string;
  readonly metrics_path?: string;
  readonly static_configs?: readonly StaticConfig[];
  /** Further options of Prometheus. */
  readonly [option: string]: JsonValue | readonly StaticConfig[] | undefined;
}

/** Jobs for the relation: their names are the application's own, and stay the same as long as the jobs do. */
export function ownJobs(jobs: readonly ScrapeJob[], app: string): readonly ScrapeJob[] {
  return jobs
    .map(({ job_name: name = "default", ...job }) => ({ job_name: `${app}_${name}_${hashOf(job)}`, ...job }))
    .sort((left, right) => (left.job_name < right.job_name ? -1 : 1));
}

function hashOf(job: object): string {
  const sorted = JSON.stringify(job, (_key, value: unknown) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1)))
      : value,
  );
  return createHash("sha256").update(sorted).digest("hex").slice(0, 8);
}
