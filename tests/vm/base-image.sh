#!/bin/bash
# Makes a small Debian 12 as an image for LXD's virtual machines: base-image.sh DIRECTORY
#
# Gives DIRECTORY/base/metadata.tar and rootfs.img. It boots with Secure Boot: shim, GRUB and kernel are the signed ones.
set -euo pipefail
umask 022
directory=$1
root=$directory/base-root
work=$directory/base.new
rm -rf "$work"
trap 'rm -rf "$root" "$work"' EXIT

step() { printf '   %s\n' "$*"; }

step "Unpacking a Debian 12 for virtual machines (about a minute)"
packages=systemd,systemd-sysv,dbus,udev,kmod,iproute2,procps,ca-certificates,sudo,curl,jq,nftables,python3-minimal,zstd
packages=$packages,linux-image-cloud-amd64,initramfs-tools,lxd-agent,shim-signed,grub-efi-amd64-signed,e2fsprogs,acl
if ! debootstrap --variant=minbase --include="$packages" bookworm "$root" >"$directory/base.log" 2>&1; then
  tail -20 "$directory/base.log" >&2
  exit 1
fi
rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/* "$root"/usr/share/{doc,locale,man}/*

step "Setting it up"
rm -f "$root/etc/hostname"
: >"$root/etc/machine-id"
echo 'LABEL=root / ext4 defaults,noatime 0 1' >"$root/etc/fstab"
cat >"$root/etc/systemd/network/machine.network" <<'CONTENT'
[Match]
Name=en*
[Network]
DHCP=ipv4
LinkLocalAddressing=no
IPv6AcceptRA=no
[DHCPv4]
ClientIdentifier=mac
UseHostname=no
CONTENT
units=$root/etc/systemd/system
mkdir -p "$units/systemd-networkd-wait-online.service.d" "$units/lxd-agent.service.d" "$units/multi-user.target.wants"
cat >"$units/systemd-networkd-wait-online.service.d/machine.conf" <<'CONTENT'
[Service]
ExecStart=
ExecStart=/lib/systemd/systemd-networkd-wait-online --any --ipv4 --timeout=120
ExecStartPost=/bin/sh -c 'sed -n "s/^DOMAINNAME=/search /p; s/^DNS=/nameserver /p" /run/systemd/netif/leases/* >/run/resolv.conf'
CONTENT
ln -sf ../run/resolv.conf "$root/etc/resolv.conf"
ln -sf /lib/systemd/system/network-online.target "$units/multi-user.target.wants/"
# Debian's unit looks for its port before that is there, and is then skipped for good.
cat >"$units/lxd-agent.service.d/machine.conf" <<'CONTENT'
[Unit]
Wants=systemd-udev-settle.service
After=systemd-udev-settle.service systemd-modules-load.service local-fs.target
CONTENT
chroot "$root" systemctl enable --quiet systemd-networkd systemd-networkd-wait-online lxd-agent
for unit in apt-daily.timer apt-daily-upgrade.timer man-db.timer e2scrub_all.timer fstrim.timer; do
  ln -sf /dev/null "$units/$unit"
done
# GRUB reads it by the firmware, which takes minutes for what all machines may need.
echo 'MODULES=list' >"$root/etc/initramfs-tools/conf.d/machine.conf"
printf '%s\n' virtio_pci virtio_console virtio_scsi virtio_net sd_mod ext4 >>"$root/etc/initramfs-tools/modules"
chroot "$root" update-initramfs -u >"$directory/base.log" 2>&1

step "Packing"
mkdir "$work"
efi=$work/efi
truncate -s 32M "$efi"
mkfs.vfat -n EFI "$efi" >/dev/null
mmd -i "$efi" ::EFI ::EFI/BOOT ::EFI/debian
mcopy -i "$efi" "$root/usr/lib/shim/shimx64.efi.signed" ::EFI/BOOT/BOOTX64.EFI
mcopy -i "$efi" "$root/usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed" ::EFI/BOOT/grubx64.efi
cat >"$work/grub.cfg" <<CONTENT
set timeout=0
search --no-floppy --label root --set=root
linux /boot/$(basename "$root"/boot/vmlinuz-*) root=LABEL=root rw console=ttyS0 quiet mitigations=off
initrd /boot/$(basename "$root"/boot/initrd.img-*)
boot
CONTENT
mcopy -i "$efi" "$work/grub.cfg" ::EFI/debian/grub.cfg
truncate -s 1800M "$work/root"
mke2fs -q -t ext4 -L root -d "$root" "$work/root"
truncate -s 1840M "$work/disk"
sgdisk --new=1:2048:+32M --typecode=1:EF00 --new=2:0:+1800M --typecode=2:8300 "$work/disk" >/dev/null
first=$(sgdisk --info=2 "$work/disk" | awk '/First sector/ { print $3 }')
dd if="$efi" of="$work/disk" bs=1M seek=1 conv=notrunc,sparse status=none
dd if="$work/root" of="$work/disk" bs=512 seek="$first" conv=notrunc,sparse status=none
mkdir -p "$work/base" "$work/templates"
# Compressed, since the emulated disk is slow to write.
qemu-img convert -c -O qcow2 "$work/disk" "$work/base/rootfs.img"
cat >"$work/metadata.yaml" <<CONTENT
architecture: x86_64
creation_date: $(date +%s)
properties: {os: Debian, release: bookworm, description: Small Debian 12 for tests of virtual machines}
CONTENT
tar --create --directory "$work" --file "$work/base/metadata.tar" metadata.yaml templates
rm -rf "$directory/base"
mv "$work/base" "$directory/base"
