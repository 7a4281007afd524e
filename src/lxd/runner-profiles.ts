import type { InstanceType, MachineResources } from "../runners/ports.ts";
import type { Config, Devices } from "lxd-client";

/** Filters of a runner's network device. Each is on if the machine supports it. */
export interface NicFilters {
  /** Of MAC addresses. */
  readonly mac: boolean;
  /** Of IPv4 addresses. */
  readonly ipv4: boolean;
  /** Of IPv6 addresses. */
  readonly ipv6: boolean;
  /** Isolation between the ports of a bridge, to which the bridge's rules do not apply. */
  readonly isolation: boolean;
}

/** The content of a profile. */
export interface ProfileContent {
  readonly config: Config;
  readonly devices: Devices;
}

/**
 * Commands of ioctl that create btrfs subvolumes and snapshots. A subvolume in a runner's disk is outside of the
 * disk's quota.
 */
const SUBVOLUME_COMMANDS = [0x5000_940e, 0x5000_9401, 0x5000_9417, 0x5000_9418];

/** A kernel reads 32 bits of the command, so the rule ignores the others. */
const REFUSED_CALLS = SUBVOLUME_COMMANDS.map(
  (command) => `ioctl errno 1 [1,${command},SCMP_CMP_MASKED_EQ,4294967295]`,
).join("\n");

/** As long as a job on GitHub may take unless its workflow says otherwise: `timeout-minutes` is 360. */
const LONGEST_USUAL_JOB_SECONDS = 6 * 60 * 60;

/**
 * An evacuation takes no instance to another member: each has its own runners. It ends each by a clean shutdown, which a
 * runner with a job answers after the job, and by force when this takes longer than the timeout. LXD waits for the same time
 * when the machine shuts down, as far as systemd lets it.
 */
const IN_CLUSTER: Config = {
  "cluster.evacuate": "stop",
  "boot.host_shutdown_timeout": String(LONGEST_USUAL_JOB_SECONDS),
};

/** What a profile of all instances refers to. */
export interface ProfileSite {
  readonly pool: string;
  readonly bridge: string;
  /** Most processes and threads of a container. */
  readonly processes: number;
  /** The server's option for the socket that shows an instance its own configuration. */
  readonly guestSocket: GuestSocketOption;
  /** Whether the server is a member of a cluster. @default false */
  readonly isClustered?: boolean;
}

/** LXD's name, and that of Incus, which knows no other. */
export type GuestSocketOption = "security.devlxd" | "security.guestapi";

/** The server's name of the option. Pure. */
export function guestSocketOption(server: { supports(extension: string): boolean }): GuestSocketOption {
  return server.supports("restrict_dev_incus") ? "security.guestapi" : "security.devlxd";
}

/** The profile of all instances of a unit. Pure. */
export function baseProfile(
  type: InstanceType,
  { pool, bridge, processes, guestSocket, isClustered = false }: ProfileSite,
  filters: NicFilters,
): ProfileContent {
  return {
    config: {
      // A virtual machine has a kernel of its own.
      ...(type === "container" && {
        // Docker in an unprivileged container needs nesting.
        "security.nesting": "true",
        "limits.processes": String(processes),
        "security.syscalls.deny": REFUSED_CALLS,
      }),
      "boot.autostart": "false",
      // It shows root in a runner the unit's and the model's names, and paths of the machine.
      [guestSocket]: "false",
      ...(isClustered && IN_CLUSTER),
    },
    devices: {
      root: rootDevice(pool),
      eth0: {
        type: "nic",
        name: "eth0",
        network: bridge,
        ...(filters.isolation && { "security.port_isolation": "true" }),
        ...(filters.mac && { "security.mac_filtering": "true" }),
        ...(filters.ipv4 && { "security.ipv4_filtering": "true" }),
        ...(filters.ipv6 && { "security.ipv6_filtering": "true" }),
      },
    },
  };
}

/** The profile of runners of one set of resources. Pure. */
export function resourceProfile({ cpu, memory, disk }: MachineResources, pool: string): ProfileContent {
  return {
    config: { "limits.cpu": String(cpu), "limits.memory": memory },
    devices: { root: { ...rootDevice(pool), size: disk } },
  };
}

function rootDevice(pool: string): Config {
  return { type: "disk", path: "/", pool };
}

/** A notice for each filter that the machine lacks. Pure. */
export function filterNotices(filters: NicFilters): readonly string[] {
  const names = { mac: "MAC", ipv4: "IPv4", ipv6: "IPv6" } as const;
  const absent = (["mac", "ipv4", "ipv6"] as const).filter((filter) => !filters[filter]);
  return [
    ...(absent.length === 0
      ? []
      : [`no filtering of ${absent.map((filter) => names[filter]).join(", ")} addresses on this machine`]),
    ...(filters.isolation ? [] : ["runners are not isolated from each other on this machine"]),
  ];
}
