#!/bin/bash
# Builds a small Debian 12 system as an LXD image: build.sh OUTPUT.tar
#
# What is in it and how it starts is made for tests of runners: everything they need (systemd, bash, sudo, the network by
# DHCP, apt to install more) and nothing that makes a container's start longer. The tarball is LXD's unified format:
# metadata.yaml, templates/ and rootfs/. It is not compressed, since unpacking it is what tests wait for.
set -euo pipefail

output=$1
# Left over when a build was killed: nothing else has this prefix.
work=$(mktemp -d "$(dirname "$output")/build-XXXXXX")
trap 'rm -rf "$work"' EXIT
root=$work/rootfs

step() { printf '   %s\n' "$*"; }

step "Unpacking and configuring Debian packages (about half a minute)"
# Everyone may enter the root directory, whatever the umask here.
umask 022
if ! debootstrap --variant=minbase --exclude=e2fsprogs,logsave \
  --include=systemd,systemd-sysv,iproute2,procps,ca-certificates,sudo,curl,jq,nftables,python3-minimal \
  bookworm "$root" >"$work/log" 2>&1; then
  tail -20 "$work/log" >&2
  echo "Cannot build the base image: debootstrap failed, its last words are above; is the Debian mirror reachable?" >&2
  exit 1
fi

step "Leaving out what a runner does not read"
mkdir -p "$root/etc/dpkg/dpkg.cfg.d"
cat >"$root/etc/dpkg/dpkg.cfg.d/small" <<'CONTENT'
path-exclude=/usr/share/doc/*
path-include=/usr/share/doc/*/copyright
path-exclude=/usr/share/man/*
path-exclude=/usr/share/info/*
path-exclude=/usr/share/locale/*
path-exclude=/usr/share/lintian/*
# The system lives for one job: nothing is lost when it crashes.
force-unsafe-io
CONTENT
cat >"$root/etc/apt/apt.conf.d/90small" <<'CONTENT'
Acquire::Languages "none";
APT::Install-Recommends "false";
CONTENT
find "$root/usr/share/doc" -type f ! -name copyright -delete
find "$root/usr/share/doc" -type d -empty -delete
rm -rf "$root"/usr/share/{man,info,locale,lintian,zoneinfo/{right,posix}}/* "$root"/usr/lib/udev/hwdb.d \
  "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/*.bin "$root"/var/cache/apt/archives/*.deb \
  "$root"/var/cache/debconf/*-old "$root"/var/lib/dpkg/*-old "$root"/var/log/{bootstrap.log,dpkg.log,alternatives.log,apt/*}
rm -f "$root/etc/machine-id" "$root/var/lib/dbus/machine-id" "$root/etc/resolv.conf" "$root/etc/hostname"
: >"$root/etc/machine-id"

step "Setting up the network and the start"
cat >"$root/etc/systemd/network/eth0.network" <<'CONTENT'
[Match]
Name=eth0

[Link]
RequiredForOnline=routable

[Network]
DHCP=ipv4
# Each of these would be waited for before the link counts as configured.
LinkLocalAddressing=no
IPv6AcceptRA=no
LLDP=no
EmitLLDP=no

[DHCPv4]
# A clone has its own MAC address, while its machine-id may be its template's.
ClientIdentifier=mac
UseMTU=yes
UseHostname=no
UseTimezone=no
UseNTP=no
CONTENT

# With a writable /sys networkd waits for udev to present each link, and there is no udev here.
mkdir -p "$root/etc/systemd/system/systemd-networkd.service.d"
cat >"$root/etc/systemd/system/systemd-networkd.service.d/small.conf" <<'CONTENT'
[Service]
ReadOnlyPaths=/sys
CONTENT

# Without systemd-resolved: the lease names the DNS servers. It is written before anything counts as online.
mkdir -p "$root/etc/systemd/system/systemd-networkd-wait-online.service.d"
cat >"$root/etc/systemd/system/systemd-networkd-wait-online.service.d/small.conf" <<'CONTENT'
[Service]
ExecStart=
ExecStart=/lib/systemd/systemd-networkd-wait-online --interface=eth0 --ipv4 --timeout=20
ExecStartPost=/bin/sh -c 'sed -n "s/^DOMAINNAME=/search /p; s/^DNS=/nameserver /p" /run/systemd/netif/leases/* >/run/resolv.conf'
CONTENT
ln -s ../run/resolv.conf "$root/etc/resolv.conf"

mkdir -p "$root/etc/systemd/journald.conf.d" "$root/etc/systemd/system.conf.d"
cat >"$root/etc/systemd/journald.conf.d/small.conf" <<'CONTENT'
[Journal]
Storage=volatile
RuntimeMaxUse=16M
ForwardToSyslog=no
CONTENT
cat >"$root/etc/systemd/system.conf.d/small.conf" <<'CONTENT'
[Manager]
DefaultTimeoutStopSec=10s
CONTENT

# Useless in a container that lives for one job, or failing in it and making the system "degraded".
mask() { for unit; do ln -sf /dev/null "$root/etc/systemd/system/$unit"; done; }
mask apt-daily.timer apt-daily-upgrade.timer apt-daily.service apt-daily-upgrade.service dpkg-db-backup.timer \
  e2scrub_all.timer fstrim.timer motd-news.timer systemd-tmpfiles-clean.timer \
  systemd-logind.service systemd-user-sessions.service getty.target console-getty.service getty-static.service \
  systemd-update-utmp.service systemd-update-utmp-runlevel.service systemd-sysctl.service systemd-modules-load.service \
  systemd-remount-fs.service systemd-random-seed.service systemd-boot-system-token.service systemd-sysusers.service \
  systemd-machine-id-commit.service systemd-journal-flush.service systemd-journald-audit.socket \
  systemd-firstboot.service systemd-pcrphase.service systemd-pcrphase-sysinit.service systemd-pstore.service \
  systemd-binfmt.service systemd-ask-password-console.path systemd-ask-password-wall.path \
  systemd-initctl.socket systemd-update-done.service ldconfig.service \
  modprobe@.service kmod-static-nodes.service \
  dev-hugepages.mount dev-mqueue.mount sys-kernel-debug.mount sys-kernel-tracing.mount sys-kernel-config.mount \
  sys-fs-fuse-connections.mount systemd-network-generator.service systemd-tmpfiles-setup-dev.service proc-sys-fs-binfmt_misc.automount
for unit in systemd-networkd.service systemd-networkd-wait-online.service; do
  chroot "$root" systemctl enable --quiet "$unit"
done
# Who waits for the system to be up may count on the network.
mkdir -p "$root/etc/systemd/system/multi-user.target.wants"
ln -sf /lib/systemd/system/network-online.target "$root/etc/systemd/system/multi-user.target.wants/"
ln -sf /lib/systemd/system/multi-user.target "$root/etc/systemd/system/default.target"

step "Packing"
mkdir "$work/templates"
echo '{{ container.name }}' >"$work/templates/hostname.tpl"
cat >"$work/templates/hosts.tpl" <<'CONTENT'
127.0.0.1 localhost
127.0.1.1 {{ container.name }}
::1       localhost ip6-localhost ip6-loopback
CONTENT
cat >"$work/metadata.yaml" <<CONTENT
architecture: $(uname -m)
creation_date: $(date +%s)
properties:
  os: Debian
  release: bookworm
  description: Small Debian 12 for tests of runners
templates:
  /etc/hostname: {when: [create, copy], template: hostname.tpl}
  /etc/hosts: {when: [create, copy], template: hosts.tpl}
CONTENT
tar --create --numeric-owner --xattrs --exclude='rootfs/dev/*' --directory "$work" --file "$work/image.tar" \
  metadata.yaml templates rootfs
mv "$work/image.tar" "$output"
