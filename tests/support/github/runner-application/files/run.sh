#!/bin/bash
# Starts the listener again and again until it has nothing more to do.

cd "${BASH_SOURCE[0]%/*}" || exit 1

again() {
  case $1 in
  2) echo "Restarting runner..." ;;
  7)
    if [ "${ACTIONS_RUNNER_RETURN_VERSION_DEPRECATED_EXIT_CODE:-}" = 1 ]; then exit 7; fi
    echo "Exiting runner..."
    exit 0
    ;;
  *)
    echo "Exiting runner..."
    exit "$2"
    ;;
  esac
}

run() {
  while :; do
    cp -f run-helper.sh.template run-helper.sh
    ./run-helper.sh "$@"
    again $? 0
  done
}

# Passes INT and TERM on as INT to the helper's process group, and its exit code out.
run_and_trap() {
  local helper code
  trap 'kill -INT -- "-$helper"' INT TERM
  set -m
  while :; do
    cp -f run-helper.sh.template run-helper.sh
    ./run-helper.sh "$@" &
    helper=$!
    wait "$helper"
    code=$?
    while kill -0 "$helper" 2>/dev/null; do
      wait "$helper"
      code=$?
    done
    again "$code" "$code"
  done
}

if [ -n "${RUNNER_MANUALLY_TRAP_SIG:-}" ]; then run_and_trap "$@"; else run "$@"; fi
