import type { PortRange } from "./network-tools.ts";

/** A port in Juju's format: `80/tcp`, `8000-8010/udp`, `icmp`. */
export function portSpec(port: PortRange): string {
  if (port.protocol === "icmp") return port.protocol;
  const ports = port.from === port.to ? String(port.from) : `${port.from}-${port.to}`;
  return `${ports}/${port.protocol}`;
}

/** Parses a port in Juju's format; undefined when it is invalid. */
export function parsePortSpec(spec: string): PortRange | undefined {
  if (spec === "icmp") return { protocol: "icmp" };
  const [, first, last, protocol] = /^(\d+)(?:-(\d+))?\/(tcp|udp)$/.exec(spec) ?? [];
  if (first === undefined || (protocol !== "tcp" && protocol !== "udp")) return undefined;
  return { protocol, from: Number(first), to: Number(last ?? first) };
}
