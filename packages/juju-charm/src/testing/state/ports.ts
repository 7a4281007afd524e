import type { PortRange } from "../../tools/network-tools.ts";

/** A TCP port, or the range that ends with `to`. */
export function tcpPort(from: number, to: number = from): PortRange {
  return Object.freeze({ protocol: "tcp", from, to });
}

/** A UDP port, or the range that ends with `to`. */
export function udpPort(from: number, to: number = from): PortRange {
  return Object.freeze({ protocol: "udp", from, to });
}

/** All of ICMP. */
export function icmpPort(): PortRange {
  return Object.freeze({ protocol: "icmp" });
}
