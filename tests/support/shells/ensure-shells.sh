#!/bin/sh
# Installs the shells whose completion tests run, from the distribution's packages: ensure-shells.sh
# Exit status 3: they cannot be had here.
set -eu
if command -v zsh >/dev/null && command -v fish >/dev/null; then exit 0; fi
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  echo "zsh and fish are not installed: they need root and apt-get" >&2
  exit 3
fi
export DEBIAN_FRONTEND=noninteractive
# Another installation on this machine may hold the lock.
install() {
  apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends zsh fish >/dev/null 2>&1
}
if ! install; then
  apt-get update -qq >/dev/null 2>&1 || true
  install || {
    echo "zsh and fish cannot be installed: apt-get has no such packages, or no way to them" >&2
    exit 3
  }
fi
