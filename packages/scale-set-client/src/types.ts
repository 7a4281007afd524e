import { fieldsOf, type Fields } from "./shapes.ts";

/** A group of runners. */
export interface RunnerGroup {
  readonly id: number;
  readonly name: string;
  readonly isDefault: boolean;
}

/** How many jobs and runners a scale set has. Job counts are GitHub's truth about demand; messages are hints. */
export interface ScaleSetStatistics {
  /** Jobs that match and are offered to be acquired. */
  readonly totalAvailableJobs: number;
  readonly totalAcquiredJobs: number;
  /** Jobs that want a runner of this scale set, those that run included: the number of runners that are needed. */
  readonly totalAssignedJobs: number;
  readonly totalRunningJobs: number;
  readonly totalRegisteredRunners: number;
  readonly totalBusyRunners: number;
  readonly totalIdleRunners: number;
}

/** A scale set. */
export interface ScaleSet {
  readonly id: number;
  readonly name: string;
  readonly runnerGroupId: number;
  readonly runnerGroupName: string | undefined;
  readonly labels: readonly string[];
  /** Whether its runners never update themselves. */
  readonly disableUpdate: boolean;
  readonly createdOn: Date | undefined;
  readonly statistics: ScaleSetStatistics | undefined;
}

/** What a scale set is made with. */
export interface NewScaleSet {
  /** Unique in its group. */
  readonly name: string;
  readonly runnerGroupId: number;
  /** What jobs may ask for in `runs-on`. @default the name */
  readonly labels?: readonly string[];
  /** @default false */
  readonly disableUpdate?: boolean;
}

/** A registered runner, as the Actions service knows it. */
export interface RunnerReference {
  readonly id: number;
  readonly name: string;
  /** undefined for a runner of no scale set. */
  readonly scaleSetId: number | undefined;
}

/** What a runner is registered with. */
export interface NewRunner {
  /** Unique; used for one attempt only, since GitHub registers the runner before its machine exists. */
  readonly name: string;
  /** Where its jobs work, below its directory. @default `_work` */
  readonly workFolder?: string;
}

/** A registered runner and what its application starts with. */
export interface JitRunner {
  readonly runner: RunnerReference;
  /** Secret: it holds the runner's private key. */
  readonly encodedJitConfig: string;
}

/** Whether there was anything to delete. */
export type Deletion = "deleted" | "absent";

export function toRunnerGroup(value: unknown): RunnerGroup | undefined {
  const fields = fieldsOf(value);
  const id = fields?.number("id");
  const name = fields?.text("name");
  if (id === undefined || name === undefined) return undefined;
  return { id, name, isDefault: fields?.flag("isDefaultGroup") ?? false };
}

export function toScaleSet(value: unknown): ScaleSet | undefined {
  const fields = fieldsOf(value);
  const id = fields?.number("id");
  const name = fields?.text("name");
  if (fields === undefined || id === undefined || name === undefined) return undefined;
  const setting = fields.record("RunnerSetting") ?? fields.record("runnerSetting");
  return {
    id,
    name,
    runnerGroupId: fields.number("runnerGroupId") ?? 0,
    runnerGroupName: fields.text("runnerGroupName"),
    labels: fields.list("labels").flatMap((label) => fieldsOf(label)?.text("name") ?? []),
    disableUpdate: setting?.flag("disableUpdate") ?? false,
    createdOn: fields.moment("createdOn"),
    statistics: toStatistics(fields.record("statistics")),
  };
}

export function toStatistics(fields: Fields | undefined): ScaleSetStatistics | undefined {
  if (fields === undefined) return undefined;
  const count = (name: string) => Math.max(0, Math.trunc(fields.number(name) ?? 0));
  return {
    totalAvailableJobs: count("totalAvailableJobs"),
    totalAcquiredJobs: count("totalAcquiredJobs"),
    totalAssignedJobs: count("totalAssignedJobs"),
    totalRunningJobs: count("totalRunningJobs"),
    totalRegisteredRunners: count("totalRegisteredRunners"),
    totalBusyRunners: count("totalBusyRunners"),
    totalIdleRunners: count("totalIdleRunners"),
  };
}

export function toRunner(value: unknown): RunnerReference | undefined {
  const fields = fieldsOf(value);
  const id = fields?.number("id");
  const name = fields?.text("name");
  if (id === undefined || name === undefined) return undefined;
  const scaleSetId = fields?.number("runnerScaleSetId");
  return { id, name, scaleSetId: scaleSetId === 0 ? undefined : scaleSetId };
}

export function toJitRunner(value: unknown): JitRunner | undefined {
  const fields = fieldsOf(value);
  const encodedJitConfig = fields?.text("encodedJITConfig");
  const runner = isObject(value) ? toRunner(value["runner"]) : undefined;
  return encodedJitConfig === undefined || encodedJitConfig === "" || runner === undefined
    ? undefined
    : { runner, encodedJitConfig };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
