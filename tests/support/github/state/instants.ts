import type { RouteName } from "../routes/route.ts";
import type { JobView } from "./job-record.ts";
import type { RunnerView } from "./runner-record.ts";

/**
 * The instants at which a test may step in. Handlers are awaited before the stand-in goes on, so a test can give a
 * runner a job between the moment its deletion was asked for and the moment GitHub looks whether it is busy.
 */
export interface Instants {
  /** A request was accepted and nothing was done yet. */
  readonly request: { readonly route: RouteName; readonly path: string };
  /** A deletion was asked for; whether the runner is busy is looked at afterwards. */
  readonly "before-delete": RunnerView;
  /** The record is gone, the answer is not sent. */
  readonly "after-delete": RunnerView;
  /** A just-in-time registration was made, the answer is not sent. */
  readonly "after-register": RunnerView;
  /** The list was put together, the answer is not sent. */
  readonly "after-list": { readonly runners: readonly RunnerView[] };
  /** A job was taken by a runner. */
  readonly "job-started": JobView;
  /** A job has ended. */
  readonly "job-completed": JobView;
}
