/** A port, a port range, or ICMP, which has no ports. `to` is the last port of the range. */
export type PortRange =
  | { readonly protocol: "tcp" | "udp"; readonly from: number; readonly to: number }
  | { readonly protocol: "icmp" };

/** An address of a network interface. */
export interface NetworkAddress {
  readonly hostname: string;
  /** The IP address. */
  readonly value: string;
  /** The network, such as `10.0.0.0/24`. */
  readonly cidr: string;
}

/** A network interface with addresses to listen on. */
export interface NetworkInterface {
  readonly name: string;
  readonly macAddress: string;
  readonly addresses: readonly NetworkAddress[];
}

/** The addresses of the unit on a binding. Lists are empty when Juju reports nothing. */
export interface NetworkInfo {
  /** Interfaces to listen on. */
  readonly bindAddresses: readonly NetworkInterface[];
  /** Addresses for other units. */
  readonly ingressAddresses: readonly string[];
  /** Source networks of the unit's outgoing traffic, such as `10.0.0.5/32`. */
  readonly egressSubnets: readonly string[];
}

/** The network and port tools. Ports change when the hook succeeds. */
export interface NetworkTools {
  /**
   * `network-get --format=json`.
   *
   * @param binding an endpoint, an extra binding, or `juju-info`.
   * @param relation number of a relation, for the addresses that its other side sees.
   */
  networkGet(binding: string, relation?: number): Promise<NetworkInfo>;
  /** `unit-get`: the unit's address in the controller. */
  unitGet(address: "private-address" | "public-address"): Promise<string>;
  /** `open-port`. Ignores an open port. */
  openPort(port: PortRange): Promise<void>;
  /** `close-port`. Ignores a closed port. */
  closePort(port: PortRange): Promise<void>;
  /** `opened-ports --format=json`, including changes of this hook. */
  openedPorts(): Promise<readonly PortRange[]>;
}
