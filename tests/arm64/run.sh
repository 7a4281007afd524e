#!/bin/sh
# Runs the fast tests and the packed agent with Node.js for arm64 in an emulator: run.sh [PATHS OF FAST TESTS]
set -eu
cd "$(dirname -- "$0")/../.."
sh tests/arm64/install-tools.sh
exec node tests/arm64/main.ts "$@"
