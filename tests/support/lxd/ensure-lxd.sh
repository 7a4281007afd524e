#!/bin/bash
# Makes a local LXD answer: ensure-lxd.sh [--check]
#
# Where it answers already, nothing but kernel limits that are too low is touched. Otherwise the packages that are missing
# are installed from the distribution and the daemon is started: by systemd where that runs the machine, by hand where it
# does not (a container or a sandbox). Exits with 0 when LXD answers, 3 when it cannot be had here (the reason is the last
# line), anything else when something that should have worked did not.
set -euo pipefail

readonly CANNOT=3
readonly WAIT_SECONDS=60

step() { printf '   %s\n' "$*"; }
give_up() {
  step "LXD is not to be had here: $*"
  exit "$CANNOT"
}

lxd_socket() {
  local socket
  for socket in "${LXD_SOCKET:-}" ${LXD_DIR:+"$LXD_DIR/unix.socket"} /var/snap/lxd/common/lxd/unix.socket /var/lib/lxd/unix.socket; do
    if [ -S "$socket" ]; then
      printf '%s\n' "$socket"
      return
    fi
  done
  return 1
}

answers() {
  local socket
  socket=$(lxd_socket) && LXD_SOCKET=$socket timeout 10 lxc query /1.0 >/dev/null 2>&1
}

# The usual limits stop at about 17 containers, whose PID 1 then dies without a word.
raise() {
  local path=/proc/sys/${1//.//} wanted=$2 current
  [ -e "$path" ] || return 0
  read -r current <"$path"
  if [ "$current" -lt "$wanted" ]; then
    if { echo "$wanted" >"$path"; } 2>/dev/null; then
      step "Raised $1 from $current to $wanted"
    else
      step "Cannot raise $1 from $current to $wanted; large fleets may fail"
    fi
  fi
}

raise_limits() {
  raise fs.inotify.max_user_instances 1048576
  raise fs.inotify.max_user_watches 1048576
  raise kernel.keys.maxkeys 2000
  raise kernel.keys.maxbytes 2000000
  raise net.ipv4.ip_forward 1
}

# A package by each command that is needed: what is there from elsewhere (a snap) is not installed again.
missing_packages() {
  local pair
  for pair in "$@"; do
    command -v "${pair%%:*}" >/dev/null || printf '%s ' "${pair##*:}"
  done
}

install_packages() {
  [ $# -gt 0 ] || return 0
  command -v apt-get >/dev/null || give_up "there is no apt-get to install $* with"
  step "Installing $*"
  local log
  log=$(mktemp)
  export DEBIAN_FRONTEND=noninteractive
  # Packages start no services of their own accord here: what is started, and how, is decided below.
  if ! apt-get install --yes --quiet --no-install-recommends "$@" >"$log" 2>&1; then
    step "Updating the package lists"
    if ! { apt-get update --quiet && apt-get install --yes --quiet --no-install-recommends "$@"; } >"$log" 2>&1; then
      tail -5 "$log"
      rm -f "$log"
      give_up "apt-get cannot install $*; its last words are above"
    fi
  fi
  rm -f "$log"
}

install_lxd() {
  local needed
  needed=$(missing_packages lxd:lxd lxc:lxd-client lxcfs:lxcfs dnsmasq:dnsmasq-base nft:nftables ip:iproute2)
  # On Ubuntu the package of this name is only a way to the snap.
  if [[ $needed == *lxd* ]] && grep -q '^ID=ubuntu' /etc/os-release; then
    command -v snap >/dev/null || give_up "Ubuntu has LXD as a snap only, and there is no snapd"
    step "Installing the snap lxd"
    snap install lxd --channel=5.21/stable >/dev/null
    needed=$(missing_packages nft:nftables ip:iproute2)
  fi
  # shellcheck disable=SC2086 # package names
  install_packages $needed
}

# What tests use beside LXD itself.
install_tools() {
  local needed
  needed=$(missing_packages debootstrap:debootstrap mkfs.btrfs:btrfs-progs shellcheck:shellcheck logrotate:logrotate nft:nftables ip:iproute2 dnsmasq:dnsmasq-base tinyproxy:tinyproxy-bin openssl:openssl mksquashfs:squashfs-tools)
  [ -x /bin/busybox ] && ! ldd /bin/busybox >/dev/null 2>&1 || needed="$needed busybox-static"
  # shellcheck disable=SC2086 # package names
  install_packages $needed
}

has_systemd() { [ -d /run/systemd/system ]; }

start_with_systemd() {
  if [ -d /snap/lxd ]; then
    snap start lxd >/dev/null
  else
    systemctl start lxcfs.service || true
    systemctl start lxd.socket lxd.service
  fi
}

# Containers get uids from here; without a range, only privileged ones can be made.
ensure_id_range() {
  local file
  for file in /etc/subuid /etc/subgid; do
    grep -qs '^root:' "$file" || echo "root:100000:10000001" >>"$file"
  done
}

start_by_hand() {
  getent group lxd >/dev/null || groupadd --system lxd
  ensure_id_range
  mkdir -p /var/log/lxd
  bash "${BASH_SOURCE%/*}/start-lxcfs.sh" /var/lib/lxcfs
  # A session of its own: it outlives this shell, and signals to the shell do not reach it. In a directory that stays: in
  # one that is deleted, such as this clone, its rsync fails.
  (cd / && exec setsid --fork lxd --group lxd --logfile /var/log/lxd/lxd.log </dev/null >>/var/log/lxd/daemon.log 2>&1)
}

start() {
  step "Starting LXD"
  if has_systemd; then start_with_systemd; else start_by_hand; fi
  if ! lxd waitready --timeout "$WAIT_SECONDS" || ! answers; then
    tail -5 /var/log/lxd/lxd.log /var/log/lxd/daemon.log 2>/dev/null || true
    give_up "its daemon does not get ready in $WAIT_SECONDS s; the end of its log is above"
  fi
}

if answers; then
  if [ "${1:-}" = --check ]; then exit 0; fi
  [ "$(id -u)" = 0 ] || exit 0
  raise_limits
  install_tools
  step "LXD answers"
  exit 0
fi
if [ "${1:-}" = --check ]; then give_up "no daemon answers"; fi
[ "$(id -u)" = 0 ] || give_up "that needs root"

started=$(date +%s)
install_lxd
install_tools
raise_limits
start
step "LXD $(lxd --version 2>/dev/null) is ready ($(($(date +%s) - started)) s)"
