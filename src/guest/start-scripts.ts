import {
  ANSWERS_PIPE,
  CONFIG_SCRIPT,
  HAND_OVER_PROGRAM,
  ORDERS_PIPE,
  RECEIVE_PROGRAM,
  RUNNER_APPLICATION,
  RUNNER_HOME,
  RUNNER_SCRIPT,
  RUNNER_USER,
  START_SCRIPT,
} from "./paths.ts";
import type { GuestFile } from "./orders.ts";

/** How long a started guest waits for its orders before it powers itself off, in seconds. */
const ORDERS_TIMEOUT_SECONDS = 900;

/**
 * Runs in the guest from boot: waits for orders, writes the files, starts the application as the runner's user and
 * answers `listening` once it waits for jobs, or `ended <code>`. The orders stay in memory.
 */
const receive = `#!/bin/bash
set -u
umask 022

answer() {
  # Opening the pipe waits for a reader, and nobody has to read.
  printf '%s\\n' "$*" >${ANSWERS_PIPE} &
}

decode() {
  if [ "$1" = = ]; then return; fi
  printf '%s' "$1" | base64 --decode
}

orders=$(timeout ${ORDERS_TIMEOUT_SECONDS} cat ${ORDERS_PIPE}) || exit 1
case $orders in
# The last line, and not letters of a content that happen to be the same.
start | *$'\\n'start) ;;
*)
  echo "The orders are cut short." >&2
  exit 1
  ;;
esac

declare -A environment=()
while read -r word first second third fourth; do
  case $word in
  file)
    rm -f "$third"
    mkdir -p "$(dirname "$third")"
    (umask 077 && decode "$fourth" >"$third")
    chmod "$first" "$third"
    chown "$second:$second" "$third"
    ;;
  environment) environment[$first]=$(decode "$second") ;;
  esac
done < <(printf '%s\\n' "$orders")
unset orders

run_application() {
  cd ${RUNNER_APPLICATION} || return
  for name in "\${!environment[@]}"; do export "$name=\${environment[$name]}"; done
  export HOME=${RUNNER_HOME} USER=${RUNNER_USER} LOGNAME=${RUNNER_USER} SHELL=/bin/bash
  exec setpriv --reuid=${RUNNER_USER} --regid=${RUNNER_USER} --init-groups ${START_SCRIPT}
}

listening=
while IFS= read -r line; do
  printf '%s\\n' "$line"
  case $line in
  *": Listening for Jobs"*)
    [ -n "$listening" ] || answer listening
    listening=yes
    ;;
  "application ended "*)
    code=\${line##* }
    # What a job left behind may hold the pipe open for ever.
    break
    ;;
  esac
done < <(
  (run_application 2>&1)
  echo "application ended $?"
)
[ -n "$listening" ] || answer "ended \${code:-1}"
exit "\${code:-1}"
`;

/** Runs for the charm: passes standard input on as the orders and prints the answer. */
const handOver = `#!/bin/bash
set -eu
cat >${ORDERS_PIPE}
read -r answer <${ANSWERS_PIPE}
printf '%s\\n' "$answer"
`;

/** Runs as the runner's user. Registers first where a registration token was given instead of a finished configuration. */
const start = `#!/bin/bash
set -eu
cd ${RUNNER_APPLICATION}
export ACTIONS_RUNNER_RETURN_VERSION_DEPRECATED_EXIT_CODE=1
if [ -n "\${ACTIONS_RUNNER_INPUT_TOKEN:-}" ]; then
  ${CONFIG_SCRIPT} --unattended --ephemeral
  unset ACTIONS_RUNNER_INPUT_TOKEN ACTIONS_RUNNER_INPUT_URL ACTIONS_RUNNER_INPUT_NAME ACTIONS_RUNNER_INPUT_LABELS
fi
exec ${RUNNER_SCRIPT}
`;

/** Programs that the runner image holds. */
export const startScripts: readonly GuestFile[] = [
  { path: RECEIVE_PROGRAM, mode: "0755", owner: "root", content: receive },
  { path: HAND_OVER_PROGRAM, mode: "0755", owner: "root", content: handOver },
  { path: START_SCRIPT, mode: "0755", owner: "root", content: start },
];

/** The unit that runs {@link RECEIVE_PROGRAM}: the instance powers off when it ends, whatever the reason. */
export const startUnit: GuestFile = {
  path: "/etc/systemd/system/github-runner.service",
  mode: "0644",
  owner: "root",
  content: `[Unit]
Description=GitHub Actions runner
Wants=network-online.target
After=network-online.target
SuccessAction=poweroff-force
FailureAction=poweroff-force

[Service]
Type=exec
ExecStart=${RECEIVE_PROGRAM}
OOMPolicy=continue
TimeoutStopSec=300

[Install]
WantedBy=multi-user.target
`,
};
