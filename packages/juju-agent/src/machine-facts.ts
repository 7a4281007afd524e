import { readFile } from "node:fs/promises";
import { arch, networkInterfaces, type NetworkInterfaceInfo } from "node:os";

import type { NetworkAddress } from "./hooks/hook-context.ts";

/** `PATH` where the environment has none. */
export const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/snap/bin";

/** Facts about the agent's machine. */
export interface MachineFacts {
  /** `PATH` of hooks, after the tools directory. */
  readonly path: string;
  /** `ID` in os-release, such as `ubuntu`. */
  readonly distribution: string;
  /** Juju's name for the architecture, such as `amd64`. */
  readonly architecture: string;
  /** Changes with every boot. */
  readonly bootId: string;
  readonly address: NetworkAddress;
}

const JUJU_ARCHITECTURES: Readonly<Record<string, string>> = {
  x64: "amd64",
  ppc64: "ppc64el",
  ia32: "i386",
  arm: "armhf",
};

/** Reads the facts of this machine. */
export async function readMachineFacts(path: string): Promise<MachineFacts> {
  const release = await readFile("/etc/os-release", "utf8").catch(() => "");
  const bootId = await readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => "");
  return {
    path,
    distribution: /^ID="?([^"\n]*)"?$/m.exec(release)?.[1] ?? "",
    architecture: JUJU_ARCHITECTURES[arch()] ?? arch(),
    bootId: bootId.trim(),
    address: mainAddress(Object.entries(networkInterfaces())),
  };
}

function mainAddress(interfaces: readonly [string, NetworkInterfaceInfo[] | undefined][]): NetworkAddress {
  const all = interfaces.flatMap(([name, infos = []]) => infos.map((info) => ({ name, info })));
  const reachable = all.filter(({ info }) => info.family === "IPv4" && !info.internal);
  // Prefer a physical interface: other machines cannot reach the address of a container bridge.
  const [main] = [...reachable.filter(({ name }) => /^(en|eth|wl)/.test(name)), ...reachable];
  if (!main)
    return { interfaceName: "lo", macAddress: "00:00:00:00:00:00", value: "127.0.0.1", cidr: "127.0.0.0/8" };
  const { address, mac, cidr, netmask } = main.info;
  const prefix = cidr?.split("/")[1] ?? "32";
  return {
    interfaceName: main.name,
    macAddress: mac,
    value: address,
    cidr: `${network(address, netmask)}/${prefix}`,
  };
}

function network(address: string, netmask: string): string {
  const mask = netmask.split(".").map(Number);
  return address
    .split(".")
    .map((part, index) => Number(part) & (mask[index] ?? 255))
    .join(".");
}
