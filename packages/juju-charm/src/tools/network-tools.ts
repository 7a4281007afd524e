/** A port, a range of ports, or all of ICMP, which has none. `to` is the last port of the range. */
export type PortRange =
  | { readonly protocol: "tcp" | "udp"; readonly from: number; readonly to: number }
  | { readonly protocol: "icmp" };

/** An address of a network interface. */
export interface NetworkAddress {
  readonly hostname: string;
  /** The IP address. */
  readonly value: string;
  /** The network, as in `10.0.0.0/24`. */
  readonly cidr: string;
}

/** A network interface with addresses to listen on. */
export interface NetworkInterface {
  readonly name: string;
  readonly macAddress: string;
  readonly addresses: readonly NetworkAddress[];
}

/** How a binding of the unit is reached. Lists are empty where Juju tells nothing. */
export interface NetworkInfo {
  /** Interfaces to listen on. */
  readonly bindAddresses: readonly NetworkInterface[];
  /** Addresses to tell to others. */
  readonly ingressAddresses: readonly string[];
  /** Networks that the unit's own traffic comes from, as in `10.0.0.5/32`. */
  readonly egressSubnets: readonly string[];
}

/** The tools of networks and ports. Ports change once the hook succeeds. */
export interface NetworkTools {
  /**
   * `network-get --format=json`.
   *
   * @param binding an endpoint, an extra binding, or `juju-info`.
   * @param relation number of a relation, for what is shown to its other side.
   */
  networkGet(binding: string, relation?: number): Promise<NetworkInfo>;
  /** `unit-get`: the unit's address, as the controller knows it. */
  unitGet(address: "private-address" | "public-address"): Promise<string>;
  /** `open-port`; of an open port nothing. */
  openPort(port: PortRange): Promise<void>;
  /** `close-port`; of a closed port nothing. */
  closePort(port: PortRange): Promise<void>;
  /** `opened-ports --format=json`, with what this hook opened and closed. */
  openedPorts(): Promise<readonly PortRange[]>;
}
