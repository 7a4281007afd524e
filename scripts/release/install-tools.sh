#!/bin/bash
# Installs Debian's tools that releases and their tests need, where they are missing: install-tools.sh [--tests]
set -euo pipefail

# A package by each command.
needed=(dh:debhelper dpkg-buildpackage:dpkg-dev fakeroot:fakeroot xz:xz-utils)
if [ "${1:-}" = --tests ]; then
  needed+=(lintian:lintian man:man-db minisign:minisign openssl:openssl readelf:binutils)
fi

missing=()
for pair in "${needed[@]}"; do
  command -v "${pair%%:*}" >/dev/null || missing+=("${pair##*:}")
done
[ "${#missing[@]}" -gt 0 ] || exit 0

command -v apt-get >/dev/null || {
  echo "Cannot install ${missing[*]}: there is no apt-get; use Debian 12 or Ubuntu" >&2
  exit 1
}
echo "Installing ${missing[*]} ..." >&2
export DEBIAN_FRONTEND=noninteractive
install() { apt-get install --yes --quiet --no-install-recommends "${missing[@]}" >&2; }
install || { apt-get update --quiet >&2 && install; }
