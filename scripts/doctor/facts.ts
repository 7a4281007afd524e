/** Programs that commands and tests start, with the Debian packages that have them. */
export const PROGRAMS = {
  debootstrap: "debootstrap",
  "mkfs.btrfs": "btrfs-progs",
  shellcheck: "shellcheck",
  logrotate: "logrotate",
  nft: "nftables",
  ip: "iproute2",
  dnsmasq: "dnsmasq-base",
  tinyproxy: "tinyproxy-bin",
  openssl: "openssl",
  mksquashfs: "squashfs-tools",
  busybox: "busybox-static",
} as const;

export type Program = keyof typeof PROGRAMS;

/** What decides which commands and tests can work on a machine. */
export interface MachineFacts {
  /** As Node.js names it, such as `linux`. */
  readonly platform: string;
  /** As Node.js names it, such as `x64`. */
  readonly architecture: string;
  readonly isRoot: boolean;
  /** Version of the running Node.js, such as `24.1.0`. */
  readonly nodeVersion: string;
  /** Version that package.json pins. */
  readonly pinnedNodeVersion: string;
  readonly hasNpm: boolean;
  readonly hasApt: boolean;
  /** Programs of {@link PROGRAMS} that are not installed. */
  readonly missingPrograms: readonly Program[];
  /** Whether the LXD daemon responds. */
  readonly hasLxd: boolean;
  /** Whether LXD has the base image; undefined without LXD. */
  readonly hasBaseImage: boolean | undefined;
  /** Whether a packed charm is in `dist/`. */
  readonly hasArchive: boolean;
  /** Whether the kernel filters packets on bridges (`br_netfilter`). */
  readonly hasBridgeFilter: boolean;
  readonly hasLoopDevices: boolean;
  /** Whether the machine can run virtual machines: `/dev/kvm` and `/dev/vhost-vsock`. */
  readonly hasVirtualMachines: boolean;
  /** `fs.inotify.max_user_instances`. */
  readonly inotifyInstances: number;
  /** Bytes that are free below `/var/lib`, where LXD keeps instances. */
  readonly freeDiskBytes: number;
  /** Bytes of memory that programs can get. */
  readonly freeMemoryBytes: number;
}
