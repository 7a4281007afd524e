#!/bin/bash
# Makes the emulator ready that can run virtual machines inside its own: emulator.sh DIRECTORY
#
# QEMU 10.0 comes from Debian's backports and is unpacked privately: nothing of the machine's own is replaced.
set -euo pipefail
directory=$1
here=$(dirname -- "$(realpath -- "$0")")

step() { printf '   %s\n' "$*"; }

if [ ! -x "$directory/qemu/usr/bin/qemu-system-x86_64" ]; then
  step "Installing the libraries and firmware of QEMU"
  apt-get -qq update
  DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends \
    qemu-system-x86 qemu-utils seabios gcc libc6-dev debootstrap e2fsprogs mtools dosfstools gdisk openssh-client >/dev/null
  step "Fetching QEMU 10.0 from Debian's backports"
  apt=$directory/apt
  mkdir -p "$apt/lists/partial" "$apt/archives/partial" "$directory/qemu.new"
  # The mirror that this machine uses, whichever that is.
  awk 'BEGIN { RS = ""; ORS = "\n\n" } /Suites: [a-z]+ / { sub(/Suites: [^\n]*/, "Suites: bookworm-backports"); print }' \
    /etc/apt/sources.list.d/debian.sources >"$apt/backports.sources"
  options=(-o "Dir::Etc::sourcelist=$apt/backports.sources" -o Dir::Etc::sourceparts=- -o "Dir::State::lists=$apt/lists"
    -o "Dir::Cache::archives=$apt/archives" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o APT::Sandbox::User=root)
  apt-get -qq "${options[@]}" update
  (cd "$apt/archives" && apt-get -qq "${options[@]}" download qemu-system-x86 qemu-system-common qemu-system-data)
  for package in "$apt"/archives/*.deb; do dpkg-deb -x "$package" "$directory/qemu.new"; done
  mv "$directory/qemu.new" "$directory/qemu"
fi
if [ "$here/interrupt-lock.c" -nt "$directory/interrupt-lock.so" ]; then
  gcc -shared -fPIC -O2 -Wall -Werror -o "$directory/interrupt-lock.so" "$here/interrupt-lock.c"
fi
