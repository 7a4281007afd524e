import { Collection } from "./collection.ts";
import type { Transport } from "./transport.ts";
import type { Config, InstanceAddress } from "./types.ts";
import { fieldsOf, listOf } from "./envelope.ts";

/** What of a network a person may set. */
export interface NetworkSettings {
  readonly config: Config;
  readonly description: string;
}

/** A network that LXD manages or sees. */
export interface Network extends NetworkSettings {
  readonly name: string;
  /** Such as `bridge`, or `physical` and `loopback` for interfaces of the host. */
  readonly type: string;
  /** Whether LXD made it; the others are interfaces of the host. */
  readonly managed: boolean;
  /** `Created` for a network that is ready; empty for interfaces of the host. */
  readonly status: string;
  readonly used_by: readonly string[];
}

/** A bridge to be made; its name has at most 15 characters. */
export type NewNetwork = { readonly name: string; readonly type: "bridge" } & Partial<NetworkSettings>;

/** A network as the kernel has it. */
export interface NetworkState {
  readonly addresses: readonly InstanceAddress[];
  readonly hwaddr: string;
  readonly mtu: number;
  readonly state: string;
  readonly type: string;
}

/** An address that the network has given away. */
export interface NetworkLease {
  readonly hostname: string;
  readonly hwaddr: string;
  readonly address: string;
  readonly type: "static" | "dynamic" | "gateway";
}

/** Networks: `/1.0/networks`. */
export class Networks extends Collection<Network, NetworkSettings, NewNetwork> {
  constructor(transport: Transport) {
    super(transport, { noun: "network", segment: "networks", decode: toNetwork });
  }

  state(name: string, signal: AbortSignal): Promise<NetworkState> {
    const { action, path } = this.target("read the state of", name);
    return this.transport.read(action, `${path}/state`, toState, signal);
  }

  /** Leases of the instances that are there, and the gateway's own address. */
  leases(name: string, signal: AbortSignal): Promise<readonly NetworkLease[]> {
    const { action, path } = this.target("read the leases of", name);
    const decode = listOf((lease): NetworkLease => fieldsOf<NetworkLease>(lease));
    return this.transport.read(action, `${path}/leases`, decode, signal);
  }
}

function toNetwork(metadata: unknown): Network {
  const sent = fieldsOf<Network>(metadata);
  return { ...sent, config: sent.config ?? {}, used_by: sent.used_by ?? [] };
}

function toState(metadata: unknown): NetworkState {
  const sent = fieldsOf<NetworkState>(metadata);
  return { ...sent, addresses: sent.addresses ?? [] };
}
