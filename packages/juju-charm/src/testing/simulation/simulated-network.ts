import { ToolError, type NetworkBackend } from "juju-hook-tools";
import type { NetworkInfo, PortRange } from "../../tools/network-tools.ts";
import { parsePortSpec, portSpec } from "../../tools/port-spec.ts";
import { Network } from "../state/network.ts";
import type { Ledger } from "./ledger.ts";
import type { Setting } from "./setting.ts";

/** Networks and ports as the hook tools show them. Ports are buffered. */
export class SimulatedNetwork implements NetworkBackend {
  readonly #ledger: Ledger;
  readonly #setting: Setting;

  constructor(ledger: Ledger, setting: Setting) {
    this.#ledger = ledger;
    this.#setting = setting;
  }

  /** @throws ToolError for a binding that the charm does not have. */
  info(binding: string): NetworkInfo {
    const { relations, extraBindings } = this.#setting.metadata;
    if (binding !== "juju-info" && !(binding in relations) && !extraBindings.includes(binding)) {
      throw new ToolError(`no network config found for binding "${binding}"`);
    }
    return this.#network(binding);
  }

  /** The unit's address. */
  address(): string {
    return this.#network("juju-info").bindAddresses[0]?.addresses[0]?.value ?? "";
  }

  /** @throws ToolError when a port of the range is open already, but not by this range. */
  open(spec: string): void {
    const port = parsePortSpec(spec);
    const { openedPorts } = this.#ledger.pending;
    if (!port || openedPorts.some((open) => portSpec(open) === spec)) return;
    const taken = openedPorts.find((open) => overlaps(open, port));
    if (taken) {
      const { unitName } = this.#setting;
      throw new ToolError(
        `cannot open ${spec} (unit "${unitName}"): port range conflicts with ${portSpec(taken)} (unit "${unitName}")`,
      );
    }
    this.#ledger.buffer((state) => state.with({ openedPorts: [...state.openedPorts, port] }));
  }

  close(spec: string): void {
    this.#ledger.buffer((state) =>
      state.with({ openedPorts: state.openedPorts.filter((open) => portSpec(open) !== spec) }),
    );
  }

  opened(): readonly string[] {
    return this.#ledger.pending.openedPorts.map(portSpec);
  }

  #network(binding: string): Network {
    const networks = this.#ledger.kept.networks;
    return networks.find((network) => network.binding === binding) ?? new Network({ binding });
  }
}

function overlaps(left: PortRange, right: PortRange): boolean {
  if (left.protocol === "icmp" || right.protocol === "icmp") return false;
  return left.protocol === right.protocol && left.from <= right.to && right.from <= left.to;
}
