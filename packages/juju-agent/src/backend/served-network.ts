import { parsePortRange, rangesConflict, ToolError, type NetworkBackend } from "juju-hook-tools";
import type { HookContext } from "../hooks/hook-context.ts";

/** The machine's address, and the unit's pending ports. */
export class ServedNetwork implements NetworkBackend {
  readonly #context: HookContext;

  constructor(context: HookContext) {
    this.#context = context;
  }

  /** @throws ToolError for every binding except juju-info, which every charm has */
  info(binding: string): ReturnType<NetworkBackend["info"]> {
    if (binding !== "juju-info") throw new ToolError(`no network config found for binding "${binding}"`);
    const { interfaceName: name, macAddress, value, cidr } = this.#context.address;
    return {
      bindAddresses: [{ name, macAddress, addresses: [{ hostname: "", value, cidr }] }],
      ingressAddresses: [value],
      egressSubnets: [`${value}/${value.includes(":") ? 128 : 32}`],
    };
  }

  address(): string {
    return this.#context.address.value;
  }

  /** @throws ToolError when the range overlaps another open range */
  open(port: string): void {
    const { pending } = this.#context;
    if (pending.ports.includes(port)) return;
    this.#assertFree(port);
    pending.ports = [...pending.ports, port];
  }

  close(port: string): void {
    const { pending } = this.#context;
    pending.ports = pending.ports.filter((open) => open !== port);
  }

  opened(): readonly string[] {
    return this.#context.pending.ports;
  }

  /** All units of the machine share its ports. */
  #assertFree(wanted: string): void {
    const { unit: name, pending, state } = this.#context;
    const others = Object.values(state().units).filter((unit) => unit.name !== name);
    for (const unit of [{ name, ports: pending.ports }, ...others]) {
      const taken = unit.ports.find((open) => rangesConflict(parsePortRange(open), parsePortRange(wanted)));
      if (taken === undefined) continue;
      // ICMP has no ports that could conflict.
      if (taken === "icmp") continue;
      throw new ToolError(
        `cannot open ${wanted} (unit "${name}"): port range conflicts with ${taken} (unit "${unit.name}")`,
      );
    }
  }
}
