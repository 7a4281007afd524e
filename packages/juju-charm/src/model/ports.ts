import { CodedError } from "charm-kit";
import type { HookTools } from "../tools/hook-tools.ts";
import type { PortRange } from "../tools/network-tools.ts";
import { portSpec } from "../tools/port-spec.ts";

/** A port in a charm's call. `80` is short for `{ protocol: "tcp", from: 80, to: 80 }`. */
export type Port = number | PortRange;

/** A port or range is invalid. */
export class PortError extends CodedError {
  readonly code = "port";
  readonly port: string;

  constructor(port: string, options?: ErrorOptions) {
    super(`Cannot use the port ${port}: give whole numbers from 1 to 65535, the lower one first`, options);
    this.port = port;
  }
}

/** The unit's open ports, which are public once its application is exposed. Changes apply when the hook succeeds. */
export class Ports {
  readonly #tools: Pick<HookTools, "openPort" | "closePort" | "openedPorts">;

  constructor(tools: Pick<HookTools, "openPort" | "closePort" | "openedPorts">) {
    this.#tools = tools;
  }

  /** Opens ports. Ignores open ones. @throws {@link PortError} */
  async open(...ports: readonly Port[]): Promise<void> {
    for (const port of ports.map(portRange)) await this.#tools.openPort(port);
  }

  /** Closes ports. Ignores closed ones. @throws {@link PortError} */
  async close(...ports: readonly Port[]): Promise<void> {
    for (const port of ports.map(portRange)) await this.#tools.closePort(port);
  }

  /** The open ports, including changes of this dispatch. */
  async opened(): Promise<readonly PortRange[]> {
    return this.#tools.openedPorts();
  }

  /** Opens these ports and closes all others. Calls hook tools only for differences. @throws {@link PortError} */
  async set(...ports: readonly Port[]): Promise<void> {
    const wanted = bySpec(ports.map(portRange));
    const opened = bySpec(await this.opened());
    for (const [spec, port] of opened) if (!wanted.has(spec)) await this.#tools.closePort(port);
    for (const [spec, port] of wanted) if (!opened.has(spec)) await this.#tools.openPort(port);
  }
}

function bySpec(ports: readonly PortRange[]): ReadonlyMap<string, PortRange> {
  return new Map(ports.map((port) => [portSpec(port), port]));
}

function portRange(port: Port): PortRange {
  const range = typeof port === "number" ? ({ protocol: "tcp", from: port, to: port } as const) : port;
  if (range.protocol === "icmp") return range;
  const { from, to } = range;
  const isRange = Number.isInteger(from) && Number.isInteger(to) && from >= 1 && from <= to && to <= 65_535;
  if (!isRange) throw new PortError(portSpec(range));
  return range;
}
