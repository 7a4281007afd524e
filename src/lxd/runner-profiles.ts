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

/** The profile of all instances of a unit. Pure. */
export function baseProfile(
  type: InstanceType,
  { pool, bridge }: { readonly pool: string; readonly bridge: string },
  filters: NicFilters,
): ProfileContent {
  return {
    config: {
      // Docker in an unprivileged container needs nesting.
      ...(type === "container" && { "security.nesting": "true" }),
      "boot.autostart": "false",
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
