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

outcome=$(mktemp)
with_lxd=$(mktemp)
TEST_RESULTS=$(mktemp)
beside=
trap '[ -z "$beside" ] || kill $beside 2>/dev/null || true; rm -f "$outcome" "$with_lxd" "$TEST_RESULTS"' EXIT

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
step "packed archive" juju-charm pack --no-check

lxd_tests() {
  mocha --no-config --reporter ./tests/support/reporter.ts --timeout 120000 --forbid-only --fail-zero "$@"
}

# These wait for LXD and its instances most of the time, so three files run at a time. Those that look at the whole machine, take
# a bridge away under a unit, or start LXD again, come one after the other when the others are gone.
WHOLE_MACHINE='tests/{lxd/{bridge-repair,daemon-restart,earlier-version,lxd-*-logs,hostile/*},metrics/*,support/**/*}.lxd.test.ts'
all_with_lxd() {
  status=0
  echo "== tests with LXD, three files at a time"
  lxd_tests --parallel --jobs 3 --ignore "$WHOLE_MACHINE" \
    'tests/{contract,host}/**/*.lxd.test.ts' 'tests/e2e/**/*.test.ts' \
    'tests/!(contract|host|e2e)/**/*.lxd.test.ts' 'packages/lxd-client/tests/**/*.test.ts' \
    'packages/!(lxd-client)/tests/**/*.lxd.test.ts' || status=$?
  echo "== tests with LXD and the whole machine"
  lxd_tests "$WHOLE_MACHINE" || status=$?
  return "$status"
}

# All that does without LXD runs beside them, and uses the time of the processors that they leave.
if [ "$#" -eq 0 ]; then
  echo "== tests with LXD, beside all that follows; their output comes last"
  export TEST_RESULTS
  all_with_lxd >"$with_lxd" 2>&1 &
  testing=$!
  beside=$testing
fi

# They keep one processor busy, while the steps that follow wait for the network and the disk most of the time.
echo "== static checks, beside the next steps"
npm run --silent ok >"$outcome" 2>&1 &
checking=$!
beside="$beside $checking"

static_checks() {
  status=0
  wait "$checking" || status=$?
  cat "$outcome"
  return "$status"
}

step "packages, up to their release" node scripts/packages/release.ts --dry-run
# A step counts as one test, whatever it runs.
step "site of the documentation, and its links" env TEST_RESULTS= sh site/test.sh --links
step "outcome of the static checks" static_checks

export STEPS

if [ "$#" -gt 0 ]; then
  rm -f "$outcome" "$with_lxd" "$TEST_RESULTS"
  unset TEST_RESULTS
  echo "== tests"
  exec mocha --spec tests/support/steps.ts "$@"
fi

echo "== tests without LXD"
status=0
mocha --spec tests/support/steps.ts --ignore 'tests/e2e/**' --ignore '**/*.lxd.test.ts' --ignore 'packages/lxd-client/**' ||
  status=$?
wait "$testing" || status=$?
beside=
cat "$with_lxd"
node scripts/test-results.ts "$TEST_RESULTS" 3
exit "$status"
