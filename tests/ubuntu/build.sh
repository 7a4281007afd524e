#!/bin/bash
# Builds an Ubuntu system as an LXD image for containers: build.sh RELEASE OUTPUT.tar
#
# As Canonical's images it has systemd, networkd, sudo, apt with the archive's sources, and a user `ubuntu`; it has no
# cloud-init and no snapd. Needs root, debootstrap and a mirror of Ubuntu that answers.
set -euo pipefail
umask 022
release=$1
output=$(realpath -m "$2")
# The key that Ubuntu signs its releases with since 2018.
key=F6ECB3762474EDA9D21B7022871920D1991BC93C
work=$(mktemp -d "$(dirname "$output")/ubuntu-XXXXXX")
trap 'rm -rf "$work"' EXIT
root=$work/rootfs

step() { printf '   %s\n' "$*"; }

step "Fetching the key of Ubuntu's archive"
DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends debootstrap gnupg >/dev/null
# Debian's debootstrap knows Ubuntu's own mirror.
script=/usr/share/debootstrap/scripts/$release
mirror=$(sed -n 's/^[[:space:]]*default_mirror //p' "$script" | grep -v 'old\|ports' | head -1)
apt=$work/apt
mkdir -p "$apt/lists/partial" "$apt/archives/partial"
echo "deb [trusted=yes] $mirror $release main" >"$apt/sources"
options=(-o "Dir::Etc::sourcelist=$apt/sources" -o Dir::Etc::sourceparts=- -o "Dir::State::lists=$apt/lists"
  -o "Dir::Cache::archives=$apt/archives" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o APT::Sandbox::User=root)
apt-get -qq "${options[@]}" update 2>/dev/null
(cd "$apt" && apt-get -qq "${options[@]}" download ubuntu-keyring)
dpkg-deb -x "$apt"/ubuntu-keyring_*.deb "$apt/keyring"
# The package is as trustworthy as its one key, which is known here.
gpg --batch --quiet --no-default-keyring --keyring "$apt/keyring/usr/share/keyrings/ubuntu-archive-keyring.gpg" \
  --export "$key" >"$work/key.gpg"
[ -s "$work/key.gpg" ] || { echo "The keyring of $mirror lacks the key $key" >&2; exit 1; }

step "Unpacking Ubuntu $release (about a minute)"
if ! debootstrap --keyring="$work/key.gpg" --variant=minbase --components=main,universe \
  --include=systemd,systemd-sysv,iproute2,procps,ca-certificates,sudo,curl,jq,nftables,python3-minimal \
  "$release" "$root" "$mirror" "$script" >"$work/log" 2>&1; then
  tail -20 "$work/log" >&2
  exit 1
fi
rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/* "$root"/usr/share/{doc,man,locale}/*
rm -f "$root/etc/hostname" "$root/etc/resolv.conf"
: >"$root/etc/machine-id"

step "Setting it up"
printf '[Match]\nName=eth0\n[Network]\nDHCP=ipv4\n[DHCPv4]\nClientIdentifier=mac\n' >"$root/etc/systemd/network/eth0.network"
mkdir -p "$root/etc/systemd/system/systemd-networkd-wait-online.service.d"
cat >"$root/etc/systemd/system/systemd-networkd-wait-online.service.d/names.conf" <<'CONTENT'
[Service]
ExecStartPost=/bin/sh -c 'sed -n "s/^DOMAINNAME=/search /p; s/^DNS=/nameserver /p" /run/systemd/netif/leases/* >/run/resolv.conf'
CONTENT
ln -s ../run/resolv.conf "$root/etc/resolv.conf"
chroot "$root" systemctl enable --quiet systemd-networkd systemd-networkd-wait-online
chroot "$root" useradd --create-home --shell /bin/bash --uid 1000 --groups sudo ubuntu

step "Packing"
mkdir "$work/templates"
echo '{{ container.name }}' >"$work/templates/hostname.tpl"
printf '127.0.0.1 localhost\n127.0.1.1 {{ container.name }}\n' >"$work/templates/hosts.tpl"
cat >"$work/metadata.yaml" <<CONTENT
architecture: $(uname -m)
creation_date: $(date +%s)
properties: {os: Ubuntu, release: $release, description: Ubuntu $release for tests of runners}
templates:
  /etc/hostname: {when: [create, copy], template: hostname.tpl}
  /etc/hosts: {when: [create, copy], template: hosts.tpl}
CONTENT
tar --create --numeric-owner --xattrs --exclude='rootfs/dev/*' --directory "$work" --file "$work/image.tar" \
  metadata.yaml templates rootfs
mv "$work/image.tar" "$output"
