import { PRE_JOB_SCRIPT, RECEIVE_PROGRAM } from "./paths.ts";

/** A pattern of grep that does not find itself on the command line of the shell that holds it. */
function pattern(text: string): string {
  return text.replaceAll(".", "[.]").replace(/[^/]$/, "[$&]");
}

/**
 * Prints in the guest what its runner application does: `job` while it has a job, `pre-job` while the pre-job script of
 * that job runs, `waiting` when it has none, or `ended <code>`. GitHub's application has a process named Runner.Worker for
 * each job.
 */
const script = `
runs() { grep -qs "$1" /proc/[0-9]*/cmdline; }
if runs '${pattern("Runner.Worker")}'; then
  if runs '${pattern(PRE_JOB_SCRIPT)}'; then echo pre-job; else echo job; fi
elif runs '${pattern(RECEIVE_PROGRAM)}'; then
  echo waiting
else
  echo "ended $(systemctl show --property=ExecMainStatus --value github-runner.service)"
fi
`;

export const LOOK_COMMAND = ["/bin/sh", "-c", script] as const;
