import type { RunnerApplication } from "../runners/ports.ts";
import { ConditionError } from "charm-kit";

/** The runner application's archive is untrusted: its checksum is wrong or missing, or its content is dangerous. */
export class ArchiveError extends ConditionError {
  readonly code = "archive";
  readonly remedy = "person";

  constructor(application: RunnerApplication, detail: string, options?: ErrorOptions) {
    super(`Cannot use the runner application ${application.version}: ${detail}`, options);
  }
}

/** The runner application's archive could not be downloaded; another attempt may succeed. */
export class ArchiveDownloadError extends ConditionError {
  readonly code = "archive-download";
  readonly remedy = "outside";

  constructor(application: RunnerApplication, detail: string, options?: ErrorOptions) {
    super(`Cannot download the runner application ${application.version}: ${detail}`, options);
  }
}
