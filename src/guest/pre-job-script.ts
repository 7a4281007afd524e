import { PRE_JOB_SCRIPT } from "./paths.ts";
import type { GuestFile } from "./orders.ts";

/** The script that the runner application runs before the first step of a job; its failure fails the job. */
export function preJobScript(): GuestFile {
  const content = `#!/bin/bash
set -euo pipefail
echo "Runner $RUNNER_NAME was made for this job and is destroyed after it."
`;
  return { path: PRE_JOB_SCRIPT, mode: "0755", owner: "root", content };
}
