import { GithubError } from "../github/index.ts";
import type { Standing } from "../metrics/standing.ts";
import { describeHeld } from "../runners/job-claims.ts";
import { wantedCount } from "../runners/plan.ts";
import type { ReconcileReport } from "../runners/runner-manager.ts";
import { describeEarlyEnds } from "./early-ends.ts";
import type { JobDemand } from "./job-demand.ts";
import type { Readiness } from "./machine-preparation.ts";
import type { ImageState } from "./service-status.ts";
import type { WorkloadDependencies } from "./workload-dependencies.ts";

/** The result of a reconcile. */
export interface WorkloadReport extends ReconcileReport {
  /** Problems that do not stop the unit, such as a failed image build. */
  readonly notices: readonly string[];
  /** Number of wanted runners that the machine can hold. */
  readonly capacity: number;
  /** Number of runners that the machine can hold, at most the configured one and those in place of lost ones. */
  readonly room: number;
  /** Number of jobs of former scale sets that wait or run. */
  readonly formerJobs: number;
  /** How the unit stands against its objective in this month. */
  readonly standing: Standing;
  /**
   * Name of the machine's member of an LXD cluster while it is evacuated: then runners without a job go, and none is created.
   *
   * @default it is not
   */
  readonly evacuated?: string | undefined;
}

/** The result of a refill. */
export interface RefillReport extends WorkloadReport {
  /** Why a hook should build an image: `current` if none should. */
  readonly image: Exclude<ImageState, "missing">;
}

/** For the status. Pure. */
function describeReplacing(replacing: number): string {
  return `virtual-machines + ${replacing}, in place of runners on LXD cluster members that are off`;
}

interface ReportsDependencies extends Pick<
  WorkloadDependencies,
  "earlyEnds" | "github" | "host" | "standing"
> {
  readonly demand: JobDemand;
}

/** Tells what a reconcile of the manager means for the unit. */
export class WorkloadReports {
  readonly #dependencies: ReportsDependencies;

  constructor(dependencies: ReportsDependencies) {
    this.#dependencies = dependencies;
  }

  /** What only a person can mend, such as the name of another unit's scale set, is told as the failure that it is, also while no runner is wanted. */
  async withScaleSet(report: ReconcileReport, signal: AbortSignal): Promise<ReconcileReport> {
    const { scaleSet } = this.#dependencies.github;
    try {
      await scaleSet?.ensure(signal);
      return report;
    } catch (thrown) {
      signal.throwIfAborted();
      if (!(thrown instanceof GithubError) || thrown.remedy !== "person") return report;
      return { ...report, failures: [...report.failures, thrown] };
    }
  }

  async tell(report: ReconcileReport, { room, notices }: Readiness): Promise<WorkloadReport> {
    const { host, standing } = this.#dependencies;
    const crashLoop = await this.crashLoop();
    // A guest without processes, keys or connections to get fails in many ways: the cause is told beside them.
    const shortages = report.failures.length > 0 ? await host.shortages() : [];
    const { demand, formerJobs, notices: ofDemand } = await this.#dependencies.demand.read();
    const { replacing } = report;
    const runners = room.runners + replacing;
    return {
      ...report,
      standing: await standing(),
      // Fewer runners than configured are as many as wanted.
      capacity: wantedCount({ count: runners, demand }),
      room: runners,
      formerJobs,
      notices: [
        ...ofDemand,
        ...(replacing > 0 ? [describeReplacing(replacing)] : []),
        ...notices,
        ...shortages,
        ...(crashLoop === undefined ? [] : [`creating one runner at a time, since ${crashLoop}`]),
        ...describeHeld(report.held),
        ...report.silentScopes.map((name) => `${name}, which has earlier runners, does not answer`),
      ],
    };
  }

  /** Why the last runners ended without a job; undefined while runners stay. */
  async crashLoop(): Promise<string | undefined> {
    const ends = await this.#dependencies.earlyEnds.read();
    return ends ? describeEarlyEnds(ends) : undefined;
  }
}
