import {
  ANSWERS_PIPE,
  CONFIG_SCRIPT,
  DELIVER_PROGRAM,
  END_JOURNAL,
  END_PROGRAM,
  PAYLOAD_PIPE,
  PRE_JOB_METRICS,
  RECEIVE_PROGRAM,
  RUNNER_APPLICATION,
  RUNNER_SCRIPT,
  RUNNER_UNIT,
  START_SCRIPT,
} from "./paths.ts";
import type { GuestFile } from "./payload.ts";
import { receiveProgram } from "./receive-program.ts";

/** Run by the charm: forwards standard input as the payload and prints the answer. */
const deliver = `#!/bin/bash
set -eu
cat >${PAYLOAD_PIPE}
read -r answer <${ANSWERS_PIPE}
printf '%s\\n' "$answer"
`;

/** Runs as the runner's user. Registers first if it has a registration token instead of a configuration. */
const start = `#!/bin/bash
set -eu
cd ${RUNNER_APPLICATION}
export ACTIONS_RUNNER_RETURN_VERSION_DEPRECATED_EXIT_CODE=1
if [ -n "\${ACTIONS_RUNNER_INPUT_TOKEN:-}" ]; then
  ${CONFIG_SCRIPT} --unattended --ephemeral
  unset ACTIONS_RUNNER_INPUT_{TOKEN,URL,NAME,LABELS,RUNNERGROUP}
fi
exec ${RUNNER_SCRIPT}
`;

/** How much of the journal is written down, and how long this may delay the end. */
const END_JOURNAL_LINES = 5000;
const END_JOURNAL_SECONDS = 10;

/** Writes the end of the journal down where the host can read it without a running guest; not after the usual end of a job. */
const end = `#!/bin/bash
if [ "\${SERVICE_RESULT:-}" = success ] && [ "\${EXIT_CODE:-}" = exited ] && [ -e ${PRE_JOB_METRICS} ]; then exit 0; fi
umask 077
rm -rf ${END_JOURNAL}
timeout ${END_JOURNAL_SECONDS} journalctl --quiet --no-pager --output=short-iso --lines=${END_JOURNAL_LINES} >${END_JOURNAL}
exit 0
`;

/** The charm's programs in the runner image. */
export const startScripts: readonly GuestFile[] = [
  { path: RECEIVE_PROGRAM, mode: "0755", owner: "root", content: receiveProgram },
  { path: DELIVER_PROGRAM, mode: "0755", owner: "root", content: deliver },
  { path: END_PROGRAM, mode: "0755", owner: "root", content: end },
  { path: START_SCRIPT, mode: "0755", owner: "root", content: start },
];

/**
 * The systemd unit of {@link RECEIVE_PROGRAM}. The instance powers off when it ends, for any reason; at once, since nothing in
 * it is needed any more: what outlives it is in the share.
 */
export const startUnit: GuestFile = {
  path: `/etc/systemd/system/${RUNNER_UNIT}`,
  mode: "0644",
  owner: "root",
  content: `[Unit]
Description=GitHub Actions runner
Wants=network-online.target
After=network-online.target
SuccessAction=poweroff-immediate
FailureAction=poweroff-immediate

[Service]
Type=exec
ExecStart=${RECEIVE_PROGRAM}
ExecStopPost=-${END_PROGRAM}
StandardOutput=journal+console
OOMPolicy=continue
TimeoutStopSec=300

[Install]
WantedBy=multi-user.target
`,
};
