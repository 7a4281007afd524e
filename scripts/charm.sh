#!/bin/sh
# Works on the charm in the current directory, which is one of the framework's:
#
#   charm.sh generate            makes the types of what the yaml files declare
#   charm.sh check               compiles the charm
#   charm.sh test [PATTERN]...   runs its tests
#   charm.sh pack [--arch ARCH]  does the first two, then packs the charm into dist/
#   charm.sh agent [ARGUMENT]... runs packed charms on this machine
set -eu

framework=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
if [ "${FRAMEWORK_READY:-}" != "$framework" ]; then
  FRAMEWORK_READY=$framework exec sh "$framework/scripts/with-dependencies.sh" sh "$framework/scripts/charm.sh" "$@"
fi

verb=${1:-}
[ $# -eq 0 ] || shift

generate() { node "$framework/scripts/generate.ts" --charm . "$@"; }
check() { tsc --noEmit --project .; }

case $verb in
generate) generate "$@" ;;
check) check ;;
test) exec node --test "$@" ;;
pack)
  generate
  check
  exec node "$framework/scripts/pack.ts" --charm . "$@"
  ;;
agent) exec node "$framework/packages/juju-agent/src/main.ts" "$@" ;;
*)
  echo "Cannot run ${verb:-nothing}: use generate, check, test, pack or agent" >&2
  exit 2
  ;;
esac
