#!/bin/sh
# Runs a TypeScript file on the pinned Node.js: run.sh FILE [ARGUMENTS]
set -eu
exec sh "$(dirname -- "$0")/with-dependencies.sh" node "$@"
