#!/bin/sh
# Builds the site and tests it, in a browser where one can be had: test.sh [MOCHA ARGUMENTS]
set -eu
cd "$(dirname -- "$0")/.."
NO_BROWSER=$(sh site/ensure-browser.sh) || [ $? = 3 ]
export NO_BROWSER
sh site/with-dependencies.sh sh -c 'tsc --project . && vitepress build .'
exec mocha --no-config --reporter tests/support/reporter.ts --timeout 600000 'site/tests/**/*.test.ts' "$@"
