#!/bin/bash
# Makes lxcfs serve a directory: start-lxcfs.sh DIRECTORY
#
# A lxcfs that was killed leaves its mount behind, which answers everything with "Transport endpoint is not connected" and
# in whose place no directory can be made: such a mount is taken away first.
set -euo pipefail

directory=$1

# Attributes may come from the kernel's memory; contents come from lxcfs.
serves() { timeout 5 cat "$directory/proc/uptime" >/dev/null 2>&1; }
is_mounted() { grep -qs " $directory fuse.lxcfs " /proc/self/mounts; }

if serves; then exit 0; fi
while is_mounted; do umount --lazy "$directory"; done
mkdir -p "$directory" /var/log/lxd
# A PID file of its own: the usual one names whoever served another directory. A session of its own: it outlives this shell.
setsid --fork lxcfs --pidfile "/run/lxcfs$(tr / - <<<"$directory").pid" "$directory" \
  </dev/null >>/var/log/lxd/lxcfs.log 2>&1

for _ in {1..100}; do
  if serves; then exit 0; fi
  sleep 0.1
done
tail -3 /var/log/lxd/lxcfs.log
echo "lxcfs does not serve $directory within 10 s; the end of its log is above"
exit 1
