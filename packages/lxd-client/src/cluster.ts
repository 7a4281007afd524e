import { fieldsOf, listOf } from "./envelope.ts";
import { path } from "./call.ts";
import { readList, readTagged } from "./resource.ts";
import type { Transport } from "./transport.ts";

/** A daemon of a cluster. */
export interface ClusterMember {
  readonly name: string;
  /** Such as `https://10.0.0.2:8443`. */
  readonly url: string;
  /** `Online`, `Offline` once it has not answered for `cluster.offline_threshold`, `Evacuated`, or what later versions add. */
  readonly status: string;
  /** What the cluster says of the status. */
  readonly message: string;
}

/** The cluster that the daemon is a member of: `/1.0/cluster`. */
export class Cluster {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** All members. @throws `LxdError` for a daemon that stands alone. */
  members(signal: AbortSignal): Promise<readonly ClusterMember[]> {
    const path = "/1.0/cluster/members?recursion=1";
    const target = { action: "list the cluster members", path, decode: listOf(toMember) };
    return readList(this.#transport, target, signal);
  }

  /** One member. @throws `LxdError` for a name that no member has, and for a daemon that stands alone. */
  async member(name: string, signal: AbortSignal): Promise<ClusterMember> {
    const target = {
      action: `read cluster member '${name}'`,
      path: path`/1.0/cluster/members/${name}`,
      decode: toMember,
    };
    return (await readTagged(this.#transport, target, signal)).value;
  }
}

interface SentMember {
  readonly server_name: string;
  readonly url: string;
  readonly status: string;
  readonly message: string;
}

function toMember(metadata: unknown): ClusterMember {
  const { server_name: name, url, status, message } = fieldsOf<SentMember>(metadata);
  return { name, url, status, message };
}
