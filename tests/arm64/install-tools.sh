#!/bin/sh
# Installs QEMU's emulation of programs and the C library for arm64, where they are missing.
set -eu

missing=
for pair in /usr/bin/qemu-aarch64:qemu-user /usr/aarch64-linux-gnu/lib/ld-linux-aarch64.so.1:libc6-arm64-cross \
  /usr/aarch64-linux-gnu/lib/libstdc++.so.6:libstdc++6-arm64-cross; do
  [ -e "${pair%%:*}" ] || missing="$missing ${pair##*:}"
done
[ -n "$missing" ] || exit 0

command -v apt-get >/dev/null || {
  echo "Cannot install$missing: there is no apt-get; use Debian 12 or Ubuntu" >&2
  exit 1
}
echo "Installing$missing ..." >&2
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086
install() { apt-get install --yes --quiet --no-install-recommends $missing >&2; }
install || { apt-get update --quiet >&2 && install; }
