import { fieldsOf } from "./envelope.ts";
import { Collection } from "./collection.ts";
import type { Transport } from "./transport.ts";
import type { Config } from "./types.ts";

/**
 * A rule of an ACL. Their order has no meaning: LXD applies `drop`, then `reject`, then `allow`. Subjects are addresses,
 * networks and ranges, separated by commas; host names are refused. Ports are such as `443,8000-8010`.
 */
export interface NetworkACLRule {
  readonly action: "allow" | "reject" | "drop";
  readonly state: "enabled" | "disabled" | "logged";
  readonly source?: string;
  readonly destination?: string;
  readonly protocol?: "tcp" | "udp" | "icmp4" | "icmp6";
  readonly source_port?: string;
  readonly destination_port?: string;
  readonly icmp_type?: string;
  readonly icmp_code?: string;
  readonly description?: string;
}

/** What of an ACL a person may set. A change applies at once to the networks that use it. */
export interface NetworkACLSettings {
  /** What instances may reach. */
  readonly egress: readonly NetworkACLRule[];
  /** What may reach instances. */
  readonly ingress: readonly NetworkACLRule[];
  readonly config: Config;
  readonly description: string;
}

/** A network ACL, with what uses it. */
export interface NetworkACL extends NetworkACLSettings {
  readonly name: string;
  readonly used_by: readonly string[];
}

/** A network ACL to make. */
export type NewNetworkACL = { readonly name: string } & Partial<NetworkACLSettings>;

/** Network ACLs: `/1.0/network-acls`. LXD refuses bad rules, and to delete one in use, with status 500. */
export class NetworkACLs extends Collection<NetworkACL, NetworkACLSettings, NewNetworkACL> {
  constructor(transport: Transport) {
    super(transport, { noun: "network ACL", segment: "network-acls", decode: toACL });
  }
}

function toACL(metadata: unknown): NetworkACL {
  const sent = fieldsOf<NetworkACL>(metadata);
  return {
    ...sent,
    egress: sent.egress ?? [],
    ingress: sent.ingress ?? [],
    config: sent.config ?? {},
    used_by: sent.used_by ?? [],
  };
}
