#!/bin/sh
# Installs the browser that tests look at the site with, from the distribution, if there is none: ensure-browser.sh
# Exits with 3 where it cannot be had here; the reason is the last line.
set -eu
if command -v "${CHROMIUM:-chromium}" >/dev/null; then exit 0; fi
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  echo "no chromium, and only root can install it with apt-get"
  exit 3
fi
# Another installation on this machine may hold the lock.
set -- -o DPkg::Lock::Timeout=300 --yes --no-install-recommends
export DEBIAN_FRONTEND=noninteractive
if ! { apt-get "$@" install chromium || { apt-get update && apt-get "$@" install chromium; }; } >/dev/null 2>&1; then
  echo "apt-get cannot install chromium from this machine's mirrors"
  exit 3
fi
