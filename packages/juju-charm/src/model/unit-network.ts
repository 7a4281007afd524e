import type { NetworkInfo, NetworkInterface } from "../tools/network-tools.ts";

/** The addresses of the unit on a binding. Lists are empty when Juju reports nothing. */
export class UnitNetwork implements NetworkInfo {
  /** Interfaces to listen on. */
  readonly bindAddresses: readonly NetworkInterface[];
  /** Addresses for other units. */
  readonly ingressAddresses: readonly string[];
  /** Source networks of the unit's outgoing traffic, such as `10.0.0.5/32`. */
  readonly egressSubnets: readonly string[];

  constructor({ bindAddresses, ingressAddresses, egressSubnets }: NetworkInfo) {
    this.bindAddresses = bindAddresses;
    this.ingressAddresses = ingressAddresses;
    this.egressSubnets = egressSubnets;
  }

  /** The first address to listen on; undefined when there is none. */
  get bindAddress(): string | undefined {
    return this.bindAddresses.flatMap(({ addresses }) => addresses).find(({ value }) => value !== "")?.value;
  }

  /** The first address for other units, which the unit would share in a relation; undefined when there is none. */
  get ingressAddress(): string | undefined {
    return this.ingressAddresses[0];
  }
}
