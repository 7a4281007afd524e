#!/bin/bash
# Makes an archive of Debian packages with newer versions of LXD and its DNS server: newer-packages.sh DIRECTORY
#
# The packages are Debian's own with another version, in DIRECTORY/packages. The archive has the names of Debian's security
# updates, so that unattended-upgrades takes them as it is configured by Debian.
set -euo pipefail
umask 022
directory=$1
work=$directory/packages.new
rm -rf "$work"
mkdir -p "$work/archive" "$work/fetched"
trap 'rm -rf "$work"' EXIT

printf '   %s\n' "Making newer packages of LXD"
apt-get -qq update
DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends apt-utils dpkg-dev >/dev/null
(cd "$work/fetched" && apt-get -qq -o APT::Sandbox::User=root download lxd lxd-client dnsmasq-base)
for package in "$work"/fetched/*.deb; do
  tree=$work/tree
  rm -rf "$tree"
  dpkg-deb -R "$package" "$tree"
  # LXD depends on its client of the same version.
  sed -i -E 's/^(Version: .*)$/\1+newer1/; s/(lxd-client \(= [^)]*)\)/\1+newer1)/' "$tree/DEBIAN/control"
  dpkg-deb -Zgzip -z1 -b "$tree" "$work/archive" >/dev/null
done
cd "$work/archive"
apt-ftparchive packages . >Packages
apt-ftparchive -o APT::FTPArchive::Release::Origin=Debian -o APT::FTPArchive::Release::Label=Debian-Security \
  -o APT::FTPArchive::Release::Suite=stable-security -o APT::FTPArchive::Release::Codename=bookworm-security \
  release . >Release.new
mv Release.new Release
rm -rf "$directory/packages"
mv "$work/archive" "$directory/packages"
