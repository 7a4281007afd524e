#!/bin/sh
# Builds the site and tests it, in a browser where one can be had: test.sh [MOCHA ARGUMENTS]
# Builds it and tests its pages, links and diagrams alone:         test.sh --links
set -eu
cd "$(dirname -- "$0")/.."
if [ "${1:-}" = --links ]; then
  shift
  tests=site/tests/links.test.ts
else
  tests='site/tests/**/*.test.ts'
  NO_BROWSER=$(sh site/ensure-browser.sh) || [ $? = 3 ]
  export NO_BROWSER
fi
sh site/with-dependencies.sh sh -c 'tsc --project . && vitepress build .'
exec mocha --no-config --reporter tests/support/reporter.ts --timeout 1800000 "$tests" "$@"
