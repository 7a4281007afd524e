#!/bin/bash
# Makes the disk of a whole Debian 12 with LXD, as users have it: machine-disk.sh DIRECTORY
#
# Everything is installed beforehand: inside of the emulator nothing is fetched. Gives DIRECTORY/machine.raw, kernel,
# initrd and the key for SSH.
set -euo pipefail
umask 022
directory=$1
root=$directory/machine-root
trap 'rm -rf "$root"' EXIT

step() { printf '   %s\n' "$*"; }

step "Unpacking a Debian 12 with LXD (about two minutes)"
packages=systemd,systemd-sysv,dbus,udev,kmod,iproute2,iputils-ping,procps,ca-certificates,sudo,curl,jq,openssh-server
packages=$packages,linux-image-amd64,initramfs-tools,lxd,lxd-client,lxd-agent,lxcfs,qemu-system-x86,qemu-utils,ovmf,gdisk
packages=$packages,btrfs-progs,dnsmasq-base,nftables,iptables,zstd,xz-utils,squashfs-tools,uidmap,apparmor,attr,rsync,acl
packages=$packages,python3-minimal,cron,unattended-upgrades
if ! debootstrap --variant=minbase --include="$packages" bookworm "$root" >"$directory/machine.log" 2>&1; then
  tail -20 "$directory/machine.log" >&2
  exit 1
fi
rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/* "$root"/usr/share/{doc,locale,man}/*

step "Setting it up"
[ -e "$directory/key" ] || ssh-keygen -q -t ed25519 -N '' -f "$directory/key"
install -D -m 600 "$directory/key.pub" "$root/root/.ssh/authorized_keys"
printf 'PermitRootLogin yes\nUseDNS no\n' >"$root/etc/ssh/sshd_config.d/machine.conf"
echo machine >"$root/etc/hostname"
printf '127.0.0.1 localhost machine\n' >"$root/etc/hosts"
mkdir -p "$root/repository" "$root/exchange"
cat >"$root/etc/fstab" <<'CONTENT'
/dev/vda / ext4 defaults,noatime 0 1
repository /repository 9p trans=virtio,version=9p2000.L,ro,cache=loose,msize=1048576,nofail 0 0
exchange /exchange 9p trans=virtio,version=9p2000.L,msize=1048576,nofail 0 0
CONTENT
cat >"$root/etc/systemd/network/machine.network" <<'CONTENT'
[Match]
Name=en* eth*
[Network]
DHCP=ipv4
CONTENT
echo 'nameserver 10.0.2.3' >"$root/etc/resolv.conf"
chroot "$root" systemctl enable --quiet systemd-networkd ssh
# The emulator offers AMD's virtualization to LXD's virtual machines.
printf '9p\n9pnet_virtio\nkvm_amd\nvhost_vsock\nvhost_net\nbr_netfilter\nbtrfs\n' >"$root/etc/modules-load.d/machine.conf"
echo 'options kvm_amd nested=1' >"$root/etc/modprobe.d/machine.conf"
for unit in apt-daily.timer apt-daily-upgrade.timer man-db.timer; do
  ln -sf /dev/null "$root/etc/systemd/system/$unit"
done
printf 'root:1000000:1000000000\n' | tee "$root/etc/subuid" >"$root/etc/subgid"

cp "$root"/boot/vmlinuz-* "$directory/kernel"
cp "$root"/boot/initrd.img-* "$directory/initrd"
rm -f "$directory/machine.raw"
truncate -s 24G "$directory/machine.new"
mke2fs -q -t ext4 -d "$root" "$directory/machine.new"
mv "$directory/machine.new" "$directory/machine.raw"
