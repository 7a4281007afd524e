import { metricsFunctions } from "./metrics-script.ts";
import type { GuestFile } from "./payload.ts";
import { JOB_PATH, OPERATOR_SCRIPT, PRE_JOB_METRICS, PRE_JOB_SCRIPT } from "./paths.ts";
import { policyCheck } from "./policy-check.ts";
import type { GuestSettings } from "./settings.ts";

const HEAD = `#!/bin/bash
set -euo pipefail
# A workflow must not choose the programs that check it.
export PATH=${JOB_PATH}

echo "Runner $RUNNER_NAME was made for this job and is destroyed after it."
`;

const NOTE_TIME = `started=$(date +%s)
`;

const RUN_OPERATORS = `
${OPERATOR_SCRIPT}
`;

const WRITE_METRICS = `
write_metrics ${PRE_JOB_METRICS} "{\\"workflow\\":$(json_string "\${GITHUB_WORKFLOW:-}"),\\"repository\\":$(json_string "\${GITHUB_REPOSITORY:-}"),\\"event\\":$(json_string "\${GITHUB_EVENT_NAME:-}"),\\"timestamp\\":$started,\\"workflow_run_id\\":$(json_string "\${GITHUB_RUN_ID:-}")}"
`;

const TELL_MIRROR = `
cat <<'NOTICE'
Docker on this runner pulls from a mirror of Docker Hub.
The mirror's address is in the environment variables DOCKERHUB_MIRROR and CONTAINER_REGISTRY_URL.
microk8s does not use it by itself: it needs its own configuration, see https://microk8s.io/docs/registry-private.
NOTICE
`;

/** The script that the runner application runs before the first step of a job; its failure fails the job. */
export function preJobScript({ preJobScript, metrics, policy, dockerMirror }: GuestSettings): GuestFile {
  const parts = [
    HEAD,
    ...(metrics ? [NOTE_TIME] : []),
    ...(metrics || policy ? [metricsFunctions] : []),
    ...(preJobScript === "" ? [] : [RUN_OPERATORS]),
    ...(metrics ? [WRITE_METRICS] : []),
    ...(policy ? [policyCheck(policy)] : []),
    ...(dockerMirror === undefined ? [] : [TELL_MIRROR]),
  ];
  return { path: PRE_JOB_SCRIPT, mode: "0755", owner: "root", content: parts.join("") };
}
