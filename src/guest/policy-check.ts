import { POLICY_TOKEN, POST_JOB_METRICS } from "./paths.ts";
import type { GuestPolicy } from "./settings.ts";
import { shellWord } from "./plain-value.ts";

/** Longest time of a check, in seconds. */
const CHECK_SECONDS = 60;
/** Time for the runner application to upload its logs before the instance powers off, in seconds. */
const UPLOAD_SECONDS = 10;
/** Most characters of the service's answer that are written to the job's log. */
const ANSWER_LENGTH = 4096;

/** Name of the timer that powers a runner off after a refused job; \`receive\` waits for it. */
export const POWER_OFF_UNIT = "github-runner-power-off";

/** Shell commands of the pre-job script that ask the policy service, and end runner and job when it refuses. */
export function policyCheck({ url }: GuestPolicy): string {
  return `
policy_url=${shellWord(url.replace(/\/+$/, ""))}

policy_request() {
  case $GITHUB_EVENT_NAME in
  pull_request)
    jq --null-input --compact-output --slurpfile event "$GITHUB_EVENT_PATH" \\
      --arg repository "$GITHUB_REPOSITORY" --arg target "\${GITHUB_BASE_REF:-}" --arg source "\${GITHUB_HEAD_REF:-}" \\
      '{repository_name: $repository, source_repository_name: $event[0].pull_request.head.repo.full_name,
        target_branch_name: $target, source_branch_name: $source, commit_sha: $event[0].pull_request.head.sha}'
    ;;
  *) jq --null-input --compact-output --arg repository "$GITHUB_REPOSITORY" '{repository_name: $repository}' ;;
  esac
}

# Answers with the HTTP status, or 0 where there was none.
ask_policy() {
  local endpoint=default status
  case $GITHUB_EVENT_NAME in
  pull_request | workflow_dispatch | push | schedule) endpoint=$GITHUB_EVENT_NAME ;;
  esac
  # The token is on no command line, and no file of the user changes what curl does.
  if status=$(curl --disable --silent --show-error --noproxy '*' --max-time ${CHECK_SECONDS} --output "$2" \\
    --write-out '%{http_code}' --header @<(printf 'Authorization: Bearer %s\\n' "$1") \\
    --header 'Content-Type: application/json' --data-raw "$3" "$policy_url/$endpoint/check-run"); then
    echo "$status"
  else
    echo 0
  fi
}

refuse_job() {
  write_metrics ${POST_JOB_METRICS} "{\\"timestamp\\":$(date +%s),\\"status\\":\\"repo-policy-check-failure\\",\\"status_info\\":{\\"code\\":$1}}"
  echo "The job is stopped, and its runner is shut down."
  # No process of the job's: the application would end it with the job, and the logs would not be handed in.
  sudo systemd-run --quiet --unit=${POWER_OFF_UNIT} --on-active=${UPLOAD_SECONDS} --timer-property=AccuracySec=100ms \\
    systemctl poweroff --force || true
  # Another job must not come.
  pkill --signal INT --exact Runner.Listener || true
  exit 1
}

check_policy() {
  local token request answer status
  token=$(<${POLICY_TOKEN})
  rm -f ${POLICY_TOKEN}
  request=$(policy_request)
  answer=$(mktemp)
  status=$(ask_policy "$token" "$answer" "$request")
  case $status in
  2??)
    rm -f "$answer"
    return
    ;;
  esac
  head --bytes=${ANSWER_LENGTH} "$answer" || true
  echo
  rm -f "$answer"
  case $status in
  4??) echo "The settings of repository $GITHUB_REPOSITORY do not comply with the policy for self-hosted runners." ;;
  0) echo "The repository policy service cannot be reached. Try again later." ;;
  *) echo "The repository policy service failed with HTTP status $status. Try again later." ;;
  esac
  refuse_job "$status"
}
check_policy
`;
}
