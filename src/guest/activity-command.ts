import { PRE_JOB_SCRIPT, RECEIVE_PROGRAM, RUNNER_UNIT } from "./paths.ts";

/** GitHub's application has a process of this name for each job. */
const JOB_PROCESS = "Runner.Worker";

/** A grep pattern that does not match the command line of the shell that contains it. */
function pattern(text: string): string {
  return text.replaceAll(".", "[.]").replace(/[^/]$/, "[$&]");
}

/** A shell command that succeeds while the runner has a job. */
export const HAS_JOB = `grep -qs '${pattern(JOB_PROCESS)}' /proc/[0-9]*/cmdline`;

/**
 * Prints the activity of the runner application in the guest: `job` while it has a job, `job-started-hook` while the
 * pre-job script of that job runs, `waiting` when it has none, or `ended <code>`.
 */
const script = `
runs() { grep -qs "$1" /proc/[0-9]*/cmdline; }
if ${HAS_JOB}; then
  if runs '${pattern(PRE_JOB_SCRIPT)}'; then echo job-started-hook; else echo job; fi
elif runs '${pattern(RECEIVE_PROGRAM)}'; then
  echo waiting
else
  echo "ended $(systemctl show --property=ExecMainStatus --value ${RUNNER_UNIT})"
fi
`;

export const ACTIVITY_COMMAND = ["/bin/sh", "-c", script] as const;

/**
 * Ends when the guest's system has booted and waits for its payload. `--wait` alone returns at once while systemd itself
 * is not running yet.
 */
const untilWaiting = `
until [ -S /run/systemd/private ]; do sleep 0.05; done
systemctl is-system-running --wait >/dev/null || true
until grep -qs '${pattern(RECEIVE_PROGRAM)}' /proc/[0-9]*/cmdline; do sleep 0.05; done
`;

export const AWAIT_PAYLOAD_COMMAND = ["/bin/sh", "-c", untilWaiting] as const;
