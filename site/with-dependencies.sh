#!/bin/sh
# Runs a command in site/ with the site's own npm dependencies: with-dependencies.sh COMMAND [ARGUMENTS]
#
# They are apart from the charm's: a clone that only packs or tests the charm does not install them.
set -eu
cd "$(dirname -- "$0")"
installed=node_modules/.package-lock.json
if [ ! -e "$installed" ] || [ -n "$(find package-lock.json -newer "$installed")" ]; then
  npm ci --include=dev --no-audit --no-fund --loglevel=error >&2
  touch "$installed"
fi
PATH=$PWD/node_modules/.bin:$PATH
export PATH
exec "$@"
