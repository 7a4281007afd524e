import { CodedError } from "charm-kit";
import { causes } from "./errors.ts";
import type { ReconcileReport } from "./runner-manager.ts";
import type { RunnerImage } from "./ports.ts";

/** A new image whose runners have not stayed yet, while an earlier image is kept for its failure. */
export interface ImageTrial {
  /** Name of the new image's template. */
  readonly template: string;
  /** Number of its runners that could not be started, or ended without a job. */
  readonly failures: number;
  /** The last one's error message; undefined without failures. */
  readonly reason: string | undefined;
}

/** What a reconcile says of the image that it created runners from. */
export type TrialReport = Pick<ReconcileReport, "created" | "failures" | "hasStayed" | "versionRefused">;

/** Runners of a new image that may fail before the earlier image is used again. */
const MOST_FAILURES = 3;

/** Codes of errors that an image can be the cause of. */
const OF_IMAGE: ReadonlySet<string> = new Set([
  "application-ended",
  "application-died",
  "bootstrap",
  "instance-start",
]);

/** Whether too many runners of the image have failed. Pure. */
export function isRefused(trial: ImageTrial | null, { template }: RunnerImage): boolean {
  return trial?.template === template && trial.failures >= MOST_FAILURES;
}

/**
 * The trial after a reconcile that created runners from this image. Pure.
 *
 * @returns null when the image is no longer on trial: one of its runners has stayed.
 */
export function trialAfter(
  before: ImageTrial | null,
  { template }: Pick<RunnerImage, "template">,
  report: TrialReport,
): ImageTrial | null {
  if (before?.template !== template) return before;
  if (report.hasStayed) return null;
  // Another version is needed then, which an earlier image does not have.
  if (report.versionRefused || report.created > 0) return before;
  const failures = report.failures.filter(isOfImage);
  const reason = failures.at(-1)?.message ?? before.reason;
  return failures.length === 0 ? before : { template, failures: before.failures + failures.length, reason };
}

function isOfImage(failure: Error): boolean {
  return causes(failure).some((cause) => cause instanceof CodedError && OF_IMAGE.has(cause.code));
}
