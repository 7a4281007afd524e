import type { RunnerApplication } from "../runners/ports.ts";
import { CodedError } from "charm-kit";

/** The runner application's archive is not to be trusted: its checksum is wrong, GitHub names none, or it is hostile. */
export class ArchiveError extends CodedError {
  readonly code = "archive";

  constructor(application: RunnerApplication, detail: string, options?: ErrorOptions) {
    super(`Cannot use the runner application ${application.version}: ${detail}`, options);
  }
}

/** The runner application's archive could not be downloaded; another attempt may succeed. */
export class ArchiveDownloadError extends CodedError {
  readonly code = "archive-download";

  constructor(application: RunnerApplication, detail: string, options?: ErrorOptions) {
    super(`Cannot download the runner application ${application.version}: ${detail}`, options);
  }
}
