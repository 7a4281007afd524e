import type { NetworkInfo, NetworkInterface } from "../../tools/network-tools.ts";
import { frozen } from "./frozen.ts";

/** Fields of a {@link Network}. */
export interface NetworkFields {
  /** An endpoint, an extra binding, or `juju-info`. */
  readonly binding: string;
  /** @default eth0 with 192.0.2.0 */
  readonly bindAddresses?: readonly NetworkInterface[];
  /** @default ["192.0.2.0"] */
  readonly ingressAddresses?: readonly string[];
  /** @default ["192.0.2.0/32"] */
  readonly egressSubnets?: readonly string[];
}

const ETH0: NetworkInterface = {
  name: "eth0",
  macAddress: "02:00:00:00:00:00",
  addresses: [{ hostname: "", value: "192.0.2.0", cidr: "192.0.2.0/24" }],
};

/** Result of `network-get` for a binding. Bindings without a network have the default addresses. */
export class Network implements NetworkInfo {
  readonly binding: string;
  readonly bindAddresses: readonly NetworkInterface[];
  readonly ingressAddresses: readonly string[];
  readonly egressSubnets: readonly string[];

  constructor(fields: NetworkFields) {
    this.binding = fields.binding;
    this.bindAddresses = frozen(fields.bindAddresses ?? [ETH0]);
    this.ingressAddresses = frozen(fields.ingressAddresses ?? ["192.0.2.0"]);
    this.egressSubnets = frozen(fields.egressSubnets ?? ["192.0.2.0/32"]);
    Object.freeze(this);
  }
}
