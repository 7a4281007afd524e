import type { PortRange } from "../../tools/network-tools.ts";

/** A TCP port, or a range up to `to`. */
export function tcpPort(from: number, to: number = from): PortRange {
  return Object.freeze({ protocol: "tcp", from, to });
}

/** A UDP port, or a range up to `to`. */
export function udpPort(from: number, to: number = from): PortRange {
  return Object.freeze({ protocol: "udp", from, to });
}

/** ICMP, which has no ports. */
export function icmpPort(): PortRange {
  return Object.freeze({ protocol: "icmp" });
}
