#!/bin/sh
# Tests everything, after making ready what the tests need: test.sh
# Runs the fast tests alone, with nothing made ready:       test.sh --unit
#
# Which tests are not fast is told by their names: *.lxd.test.ts and packages/lxd-client need the LXD daemon,
# *.packed.test.ts the packed archive, *.e2e.test.ts and tests/e2e both, *.slow.test.ts only time. Further arguments go to
# mocha.
set -eu
cd "$(dirname -- "$0")/.."

if [ "${WITH_DEPENDENCIES:-}" != "$PWD" ]; then
  WITH_DEPENDENCIES=$PWD exec sh scripts/with-dependencies.sh sh scripts/test.sh "$@"
fi

# Many tests start programs: with their compiled code kept, a start takes a third of the time. A cache would blur
# what a coverage run sees.
if [ -z "${NODE_V8_COVERAGE:-}" ]; then
  export NODE_COMPILE_CACHE="$PWD/.cache/compiled"
fi

if [ "${1:-}" = --unit ]; then
  shift
  # The whole run has 2500: a number for people who wait.
  export HISTORIES="${HISTORIES:-250}"
  # More jobs than processors: many tests wait for programs that they started.
  exec mocha --parallel --jobs "$(($(nproc) * 2))" \
    --ignore '**/*.{lxd,packed,e2e,slow}.test.ts' --ignore 'packages/lxd-client/**' --ignore 'tests/{contract,e2e}/**' "$@"
fi

# A step that fails is told at once, counted as a failed test by tests/steps.ts, and does not hide what the tests say.
STEPS=
step() {
  name=$1
  shift
  echo "== $name"
  if "$@"; then STEPS="$STEPS$name=passed;"; else STEPS="$STEPS$name=failed;"; fi
}

skip() {
  echo "== $1: skipped, $2"
  STEPS="$STEPS$1=skipped: $2;"
}

# They keep one processor busy, while the steps that follow wait for the network and the disk most of the time.
echo "== static checks, beside the next steps"
outcome=$(mktemp)
npm run --silent ok >"$outcome" 2>&1 &
checking=$!
trap 'kill "$checking" 2>/dev/null; rm -f "$outcome"' EXIT

static_checks() {
  status=0
  wait "$checking" || status=$?
  cat "$outcome"
  return "$status"
}

echo "== local LXD"
status=0
bash tests/support/lxd/ensure-lxd.sh || status=$?
case $status in
0)
  STEPS="${STEPS}local LXD=passed;"
  step "base image" node tests/support/base-image/main.ts
  ;;
3) skip "local LXD and base image" "LXD is not to be had here, see the reason above" ;;
*) STEPS="${STEPS}local LXD=failed;" ;;
esac

step "packages, up to their release" node scripts/packages/release.ts --dry-run
step "site of the documentation, and its links" sh site/test.sh --links
step "packed archive" juju-charm pack --no-check
step "outcome of the static checks" static_checks
rm -f "$outcome"
trap - EXIT

export STEPS

if [ "$#" -gt 0 ]; then
  echo "== tests"
  exec mocha --spec tests/support/steps.ts "$@"
fi

# Units from the packed archive wait for LXD and its instances most of the time, so two of them run at a time. Beside them run
# the tests without LXD, and those with LXD that look at what they have made alone. The others look at the whole machine, and
# come when the units are gone.
TEST_RESULTS=$(mktemp)
export TEST_RESULTS
units=$(mktemp)
trap 'rm -f "$TEST_RESULTS" "$units"' EXIT
echo "== tests without LXD, and beside them tests/e2e, whose output follows"
STEPS="" mocha --parallel --jobs 2 --ignore 'packages/**' --ignore 'tests/!(e2e)/**' >"$units" 2>&1 &
testing=$!
status=0
mocha --spec tests/support/steps.ts --ignore 'tests/e2e/**' --ignore '**/*.lxd.test.ts' || status=$?
lxd_tests() {
  mocha --no-config --reporter ./tests/support/reporter.ts --timeout 120000 --forbid-only --fail-zero "$@"
}
# Those of tests/agent and tests/host are in machines of their own, and wait for their services and reboots.
alone='{agent,contract,guest,host,packages,unit}'
echo "== tests with LXD, each for itself"
lxd_tests 'packages/*/tests/**/*.lxd.test.ts' "tests/$alone/**/*.lxd.test.ts" || status=$?
wait "$testing" || status=$?
echo "== tests/e2e"
cat "$units"
echo "== tests with LXD and the whole machine"
lxd_tests --ignore "tests/$alone/**" 'tests/**/*.lxd.test.ts' || status=$?
node scripts/test-results.ts "$TEST_RESULTS" 4
exit "$status"
