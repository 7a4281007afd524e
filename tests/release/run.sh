#!/bin/sh
# Builds a release twice, and tests its files: run.sh [mocha's arguments]
set -eu
cd "$(dirname -- "$0")/../.."
bash scripts/release/install-tools.sh --tests
bash tests/support/lxd/ensure-lxd.sh
node tests/support/base-image/main.ts
# Without it, the upgrade would be skipped.
juju-charm pack --no-check
exec mocha --no-config --reporter ./tests/support/reporter.ts --forbid-only --fail-zero "$@" 'tests/release/*.release.ts'
