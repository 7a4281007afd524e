import type { MachineResources } from "../runners/ports.ts";
import type { Config, Devices, InstanceType } from "lxd-client";

/** Filters of a runner's network device; each is on where the machine has it. */
export interface NicFilters {
  /** Of MAC addresses. */
  readonly mac: boolean;
  /** Of IPv4 addresses. */
  readonly ipv4: boolean;
  /** Of IPv6 addresses. */
  readonly ipv6: boolean;
  /** Between the ports of a bridge, between which the bridge's own rules do not stand. */
  readonly isolation: boolean;
}

/** What a profile holds. */
export interface ProfileContent {
  readonly config: Config;
  readonly devices: Devices;
}

/** The profile that all instances of a unit have. Pure. */
export function baseProfile(
  type: InstanceType,
  { pool, bridge }: { readonly pool: string; readonly bridge: string },
  filters: NicFilters,
): ProfileContent {
  return {
    config: {
      // Docker in an unprivileged container needs it.
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

/** What a person should know of the filters that the machine lacks. Pure. */
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
