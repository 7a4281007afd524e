/** The user that jobs run as. */
export const RUNNER_USER = "ubuntu";
export const RUNNER_HOME = "/home/ubuntu";

/** `PATH` of everyone in the guest. */
export const SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/snap/bin";
/** `PATH` of jobs. */
export const JOB_PATH = `${RUNNER_HOME}/.local/bin:${SYSTEM_PATH}`;

/** Where the runner application is unpacked in the image. */
export const RUNNER_APPLICATION = `${RUNNER_HOME}/github-runner`;
export const ENV_FILE = `${RUNNER_APPLICATION}/.env`;
export const CONFIG_SCRIPT = `${RUNNER_APPLICATION}/config.sh`;
export const RUNNER_SCRIPT = `${RUNNER_APPLICATION}/run.sh`;
export const START_SCRIPT = `${RUNNER_APPLICATION}/start.sh`;
export const PRE_JOB_SCRIPT = `${RUNNER_APPLICATION}/pre-job.sh`;
export const DIAGNOSTICS = `${RUNNER_APPLICATION}/_diag`;

/** Programs of the charm in the guest; root's, since the runner's user may write in its home. */
export const GUEST_PROGRAMS = "/usr/local/lib/github-runner";
export const RECEIVE_PROGRAM = `${GUEST_PROGRAMS}/receive`;
export const HAND_OVER_PROGRAM = `${GUEST_PROGRAMS}/hand-over`;

/** Written for each runner that needs it; root runs it before the application starts. */
export const PREPARATION = `${GUEST_PROGRAMS}/prepare`;
/** The operator's `pre-job-script`. */
export const OPERATOR_SCRIPT = `${GUEST_PROGRAMS}/operator-pre-job`;
/** Holds the one-time token of the policy check until the check begins; before any step of the job it is gone. */
export const POLICY_TOKEN = `${RUNNER_APPLICATION}/.policy-token`;

/**
 * Where a runner tells of its job, in files that survive it: a directory that the host shares with the guest, and that the
 * runner's user may write in. Where it is missing, there are no metrics.
 */
export const METRICS_SHARE = "/metrics-exchange";
export const PRE_JOB_METRICS = `${METRICS_SHARE}/pre-job-metrics.json`;
export const POST_JOB_METRICS = `${METRICS_SHARE}/post-job-metrics.json`;

/** Pipes between {@link HAND_OVER_PROGRAM} and {@link RECEIVE_PROGRAM}. */
export const ORDERS_PIPE = `${GUEST_PROGRAMS}/orders`;
export const ANSWERS_PIPE = `${GUEST_PROGRAMS}/answers`;

/** Archive of the runner application in the builder. */
export const BUILD_ARCHIVE = "/root/runner.tar.gz";
