import { usageError } from "./tool-error.ts";

/** Ports of a protocol; for icmp both bounds are -1. */
export interface PortRange {
  readonly protocol: "tcp" | "udp" | "icmp";
  readonly from: number;
  readonly to: number;
}

/** Reads `80`, `80/tcp`, `8000-8010/udp` or `icmp`. @throws ToolError */
export function parsePortRange(text: string): PortRange {
  if (text.toLowerCase() === "icmp") return { protocol: "icmp", from: -1, to: -1 };
  const [ports = "", protocolText = "tcp", ...more] = text.split("/");
  if (more.length > 0) throw invalidPort(text);
  const protocol = protocolText.toLowerCase();
  if (protocol === "icmp") throw usageError(`protocol "icmp" doesn't support any ports; got "${ports}"`);
  if (protocol !== "tcp" && protocol !== "udp") {
    throw usageError(`invalid protocol "${protocolText}", expected "tcp", "udp", or "icmp"`);
  }
  const match = /^(\d+)(?:-(\d+))?$/.exec(ports);
  if (!match) throw invalidPort(text);
  const from = Number(match[1]);
  return checkedRange({ protocol, from, to: Number(match[2] ?? from) });
}

function checkedRange(range: PortRange): PortRange {
  const { from, to, protocol } = range;
  if (from > to)
    throw usageError(`invalid port range ${from}-${to}/${protocol}; expected fromPort <= toPort`);
  if (to <= 65535) return range;
  throw usageError(`port range bounds must be between 0 and 65535, got ${from}-${to}`);
}

function invalidPort(text: string): Error {
  return usageError(`invalid port "${text}"; expected <port>[/<protocol>], <from>-<to>[/<protocol>] or icmp`);
}

/** Renders `80/tcp`, `8000-8010/udp` or `icmp`. */
export function showPortRange({ protocol, from, to }: PortRange): string {
  if (protocol === "icmp") return "icmp";
  return from === to ? `${from}/${protocol}` : `${from}-${to}/${protocol}`;
}

/** Orders ranges as `opened-ports` lists them: by protocol, then by number. */
export function comparePortRanges(left: PortRange, right: PortRange): number {
  if (left.protocol !== right.protocol) return left.protocol < right.protocol ? -1 : 1;
  return left.from - right.from;
}

/** Whether two ranges have a port in common. */
export function rangesConflict(left: PortRange, right: PortRange): boolean {
  return left.protocol === right.protocol && left.from <= right.to && right.from <= left.to;
}
