import { ToolError, type NetworkBackend } from "juju-hook-tools";
import type { NetworkInfo, PortRange } from "../../tools/network-tools.ts";
import { parsePortSpec, portSpec } from "../../tools/port-spec.ts";
import { Network } from "../state/network.ts";
import type { StateTransaction } from "./state-transaction.ts";
import type { SimulationOptions } from "./simulation-options.ts";

/** Networks and ports for hook tools. Port changes are buffered. */
export class SimulatedNetwork implements NetworkBackend {
  readonly #transaction: StateTransaction;
  readonly #options: SimulationOptions;

  constructor(transaction: StateTransaction, options: SimulationOptions) {
    this.#transaction = transaction;
    this.#options = options;
  }

  /** @throws ToolError for an undeclared binding. */
  info(binding: string): NetworkInfo {
    const { relations, extraBindings } = this.#options.metadata;
    if (binding !== "juju-info" && !(binding in relations) && !extraBindings.includes(binding)) {
      throw new ToolError(`no network config found for binding "${binding}"`);
    }
    return this.#network(binding);
  }

  /** The unit's address. */
  address(): string {
    return this.#network("juju-info").bindAddresses[0]?.addresses[0]?.value ?? "";
  }

  /** @throws ToolError when another open range overlaps this one. */
  open(spec: string): void {
    const port = parsePortSpec(spec);
    const { openedPorts } = this.#transaction.pending;
    if (!port || openedPorts.some((open) => portSpec(open) === spec)) return;
    const taken = openedPorts.find((open) => overlaps(open, port));
    if (taken) {
      const { unitName } = this.#options;
      throw new ToolError(
        `cannot open ${spec} (unit "${unitName}"): port range conflicts with ${portSpec(taken)} (unit "${unitName}")`,
      );
    }
    this.#transaction.buffer((state) => state.with({ openedPorts: [...state.openedPorts, port] }));
  }

  close(spec: string): void {
    this.#transaction.buffer((state) =>
      state.with({ openedPorts: state.openedPorts.filter((open) => portSpec(open) !== spec) }),
    );
  }

  opened(): readonly string[] {
    return this.#transaction.pending.openedPorts.map(portSpec);
  }

  #network(binding: string): Network {
    const networks = this.#transaction.committed.networks;
    return networks.find((network) => network.binding === binding) ?? new Network({ binding });
  }
}

function overlaps(left: PortRange, right: PortRange): boolean {
  if (left.protocol === "icmp" || right.protocol === "icmp") return false;
  return left.protocol === right.protocol && left.from <= right.to && right.from <= left.to;
}
