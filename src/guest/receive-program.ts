import {
  ANSWERS_PIPE,
  LAST_OUTPUT,
  METRICS_SHARE,
  PAYLOAD_PIPE,
  POST_JOB_METRICS,
  PRE_JOB_METRICS,
  RUNNER_APPLICATION,
  RUNNER_HOME,
  RUNNER_USER,
  START_SCRIPT,
} from "./paths.ts";
import { POWER_OFF_UNIT } from "./policy-check.ts";

/**
 * How long a started guest waits for its payload before it powers off, in seconds: longer than a standby instance waits.
 * The clock goes on while it is frozen.
 */
const PAYLOAD_TIMEOUT_SECONDS = 26 * 60 * 60;
/** Longest time of the preparation, in seconds. */
const PREPARATION_TIMEOUT_SECONDS = 240;
/** How long a guest that could not be prepared waits for a reader of its error, in seconds. */
const REFUSAL_TIMEOUT_SECONDS = 30;
/** Most characters of the reported reason. */
const REASON_LENGTH = 300;
/** Longest time to write metrics, in seconds: a job may have left anything in the share. */
const METRICS_TIMEOUT_SECONDS = 10;
/** Most bytes of the application's output that are kept for the host; less than it reads of a file. */
const OUTPUT_BYTES = 1000;
/** Longer than the delay of the power-off after a refused job. */
const POWER_OFF_WAIT_SECONDS = 15;

/**
 * Runs in the guest from boot: waits for the payload, writes the files, runs the preparation, starts the application as the
 * runner's user and answers `listening` once it waits for jobs, or `ended <code>`. A guest that cannot be made as the
 * payload says answers `unprepared <code> <why>` and starts nothing. The payload stays in memory.
 */
export const receiveProgram = `#!/bin/bash
set -u
umask 022

answer() {
  # Opening the pipe waits for a reader, and nobody has to read.
  printf '%s\\n' "$*" >${ANSWERS_PIPE} &
}

# Says why this guest takes no job, and ends.
refuse() {
  echo "$2" >&2
  # shellcheck disable=SC2016 # for the inner shell
  timeout ${REFUSAL_TIMEOUT_SECONDS} bash -c 'printf "%s\\n" "$1" >${ANSWERS_PIPE}' - "unprepared $1 \${2:0:${REASON_LENGTH}}"
  # The answer has to be on its way before the machine goes down.
  sleep 1
  exit 1
}

decode() {
  if [ "$1" = = ]; then return; fi
  printf '%s' "$1" | base64 --decode
}

payload=$(timeout ${PAYLOAD_TIMEOUT_SECONDS} cat ${PAYLOAD_PIPE}) || exit 1
case $payload in
# The last line, and not letters of a content that happen to be the same.
start | *$'\\n'start) ;;
*)
  echo "The payload is cut short." >&2
  exit 1
  ;;
esac

# Takes mode, owner, path and content.
write_file() {
  local directory
  directory=$(dirname "$3")
  if [ ! -d "$directory" ]; then
    mkdir -p "$directory" && chown "$2:$2" "$directory" || return
  fi
  rm -f "$3" && (umask 077 && decode "$4" >"$3") && chmod "$1" "$3" && chown "$2:$2" "$3"
}

prepare() {
  local output code
  output=$(timeout ${PREPARATION_TIMEOUT_SECONDS} "$1" 2>&1)
  code=$?
  if [ -n "$output" ]; then printf '%s\\n' "$output"; fi
  output=\${output##*$'\\n'}
  if [ "$code" != 0 ]; then refuse "$code" "\${output:-$1 ended with $code}"; fi
}

declare -A environment=()
while read -r word first second third fourth; do
  case $word in
  file) write_file "$first" "$second" "$third" "$fourth" || refuse 1 "$third cannot be written" ;;
  environment) environment[$first]=$(decode "$second") ;;
  run) prepare "$first" ;;
  esac
done < <(printf '%s\\n' "$payload")
unset payload

# Becomes a program of the runner's user.
as_runner() {
  exec setpriv --reuid=${RUNNER_USER} --regid=${RUNNER_USER} --init-groups "$@"
}

run_application() {
  cd ${RUNNER_APPLICATION} || return
  for name in "\${!environment[@]}"; do export "$name=\${environment[$name]}"; done
  export HOME=${RUNNER_HOME} USER=${RUNNER_USER} LOGNAME=${RUNNER_USER} SHELL=/bin/bash
  as_runner ${START_SCRIPT}
}

# Writes down how the application ended, unless the job has done so itself. Without a share, nobody wants to know.
report_end() {
  local status='"normal"'
  if [ ! -d ${METRICS_SHARE} ] || [ -e ${POST_JOB_METRICS} ]; then return; fi
  if [ "$1" != 0 ]; then status="\\"abnormal\\",\\"status_info\\":{\\"code\\":$1}"; fi
  # shellcheck disable=SC2016 # for the inner shell
  (as_runner timeout ${METRICS_TIMEOUT_SECONDS} bash -c 'rm -rf "$1.new" && printf "%s\\n" "$2" >"$1.new" && mv -f "$1.new" "$1"' \\
    - ${POST_JOB_METRICS} "{\\"timestamp\\":$(date +%s),\\"status\\":$status}")
  if [ -e ${PRE_JOB_METRICS} ]; then return; fi
  # shellcheck disable=SC2016 # for the inner shell
  printf '%s' "$output" | tail -c ${OUTPUT_BYTES} |
    (as_runner timeout ${METRICS_TIMEOUT_SECONDS} bash -c 'rm -rf "$1" && cat >"$1"' - ${LAST_OUTPUT})
}

listening=
output=
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
  output+=\${line:0:${OUTPUT_BYTES}}$'\\n'
  if [ "\${#output}" -gt ${OUTPUT_BYTES} ]; then output=\${output: -${OUTPUT_BYTES}}; fi
done < <(
  (run_application 2>&1)
  echo "application ended $?"
)
code=\${code:-1}
[ -n "$listening" ] || answer "ended $code"
report_end "$code"
# A refused job's logs have this time to be handed in.
if systemctl is-active --quiet ${POWER_OFF_UNIT}.timer 2>/dev/null; then sleep ${POWER_OFF_WAIT_SECONDS}; fi
exit "$code"
`;
