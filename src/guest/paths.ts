/** The user of jobs. */
export const RUNNER_USER = "ubuntu";
export const RUNNER_HOME = "/home/ubuntu";

/** `PATH` of all users in the guest. */
export const SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/snap/bin";
/** `PATH` of jobs. */
export const JOB_PATH = `${RUNNER_HOME}/.local/bin:${SYSTEM_PATH}`;

/** Directory of the runner application in the image. */
export const RUNNER_APPLICATION = `${RUNNER_HOME}/github-runner`;
export const ENV_FILE = `${RUNNER_APPLICATION}/.env`;
export const CONFIG_SCRIPT = `${RUNNER_APPLICATION}/config.sh`;
export const RUNNER_SCRIPT = `${RUNNER_APPLICATION}/run.sh`;
export const START_SCRIPT = `${RUNNER_APPLICATION}/start.sh`;
export const PRE_JOB_SCRIPT = `${RUNNER_APPLICATION}/pre-job.sh`;
export const DIAGNOSTICS = `${RUNNER_APPLICATION}/_diag`;

/** Directory of the charm's programs in the guest. Owned by root, since the runner's user can write in its home. */
export const GUEST_PROGRAMS = "/usr/local/lib/github-runner";
export const RECEIVE_PROGRAM = `${GUEST_PROGRAMS}/receive`;
/** Run after {@link RECEIVE_PROGRAM}, however it has ended. */
export const END_PROGRAM = `${GUEST_PROGRAMS}/end`;
export const DELIVER_PROGRAM = `${GUEST_PROGRAMS}/deliver`;

/** Written only for runners that need it. Root runs it before the application starts. */
export const PREPARATION = `${GUEST_PROGRAMS}/prepare`;
/** Ends once the runner has no job. Written only for runners that end their jobs before they shut down. */
export const AWAIT_JOB_END = `${GUEST_PROGRAMS}/await-job-end`;
/** The configured `pre-job-script`. */
export const OPERATOR_SCRIPT = `${GUEST_PROGRAMS}/operator-pre-job`;
/** Contains the policy check's one-time token. Deleted when the check starts, before any step of the job. */
export const POLICY_TOKEN = `${RUNNER_APPLICATION}/.policy-token`;

/**
 * Directory where a runner writes files about its job, which outlive the runner. The host shares it with the guest, and the
 * runner's user can write in it. Without it there are no metrics.
 */
export const METRICS_SHARE = "/metrics-exchange";
export const PRE_JOB_METRICS = `${METRICS_SHARE}/pre-job-metrics.json`;
export const POST_JOB_METRICS = `${METRICS_SHARE}/post-job-metrics.json`;
/** The end of the output of an application that ended without a job. */
export const LAST_OUTPUT = `${METRICS_SHARE}/application-output.txt`;

/** The end of the journal of a runner whose application failed, for the host to read once the instance has stopped. */
export const END_JOURNAL = "/var/log/github-runner-end.log";

/** The systemd unit that starts the runner application. */
export const RUNNER_UNIT = "github-runner.service";

/** Pipes between {@link DELIVER_PROGRAM} and {@link RECEIVE_PROGRAM}. */
export const PAYLOAD_PIPE = `${GUEST_PROGRAMS}/payload`;
export const ANSWERS_PIPE = `${GUEST_PROGRAMS}/answers`;

/** Archive of the runner application in the builder. */
export const BUILD_ARCHIVE = "/root/runner.tar.gz";

/** Certificates of the option `ca-certificate`, all in one file. */
export const CA_CERTIFICATES = `${GUEST_PROGRAMS}/ca-certificates.pem`;
/** Where `update-ca-certificates` reads files with one certificate each. */
export const LOCAL_CERTIFICATES = "/usr/local/share/ca-certificates";
