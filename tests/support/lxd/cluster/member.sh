#!/bin/bash
# One machine of a cluster, as far as LXD can tell: member.sh NAME DIRECTORY ADDRESS GATEWAY
#
# Runs in mount, network, process and host name namespaces of its own, where it is process 1, and ends with them. Its
# network has the interface eth0.
set -euo pipefail

name=$1 directory=$2 address=$3 gateway=$4

mount --make-rprivate /
# The interfaces of this network; the control groups stay.
mkdir -p "$directory/cgroup"
mount --rbind /sys/fs/cgroup "$directory/cgroup"
mount -t sysfs sysfs /sys
mount --rbind "$directory/cgroup" /sys/fs/cgroup
hostname "$name"
for path in /var/lib/lxd /var/log/lxd; do
  mkdir -p "$directory$path" "$path"
  mount --bind "$directory$path" "$path"
done
if [ -e "$directory/storage.img" ]; then
  mkdir -p "$directory/storage"
  mount -o loop "$directory/storage.img" "$directory/storage"
fi
ip link set lo up
ip address add "$address/24" dev eth0
ip link set eth0 up
ip route add default via "$gateway"
echo 1 >/proc/sys/net/ipv4/ip_forward

cd /
lxd --group root --logfile /var/log/lxd/lxd.log &
# What loses its parent here is taken over by this shell.
while :; do wait -n || sleep 1; done
