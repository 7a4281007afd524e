/**
 * Objects as LXD answers them, under LXD's own names and field names. Lists and maps that LXD sends as `null` are empty
 * here. Only fields that LXD 5.0 and later all have are named.
 */

/** Configuration keys and values; LXD has no other value type than text. */
export type Config = Readonly<Record<string, string>>;
/** Devices by name; each has a `type` and the keys of its type. */
export type Devices = Readonly<Record<string, Config>>;

/** What LXD leaves in an operation. */
export type Metadata = Readonly<Record<string, unknown>>;

/** An object as LXD sends it: each list and each map may be `null`. */
export type Sent<T> = { readonly [K in keyof T]: T[K] extends object ? T[K] | null : T[K] };

/** An object and the value that an `If-Match` takes to change only this version of it. */
export interface Tagged<T> {
  readonly value: T;
  readonly etag: string;
}

/** How a mutation ended. LXD forgets an operation 5 seconds after its end, and all of them when it restarts. */
export type Outcome<T = undefined> = Done<T> | Unseen;
/** It succeeded. */
export interface Done<T = undefined> {
  readonly state: "done";
  readonly value: T;
}
/** It ended and nobody saw how: read the object again. */
export interface Unseen {
  readonly state: "unseen";
  readonly operationId: string;
}

/** A background operation. `status_code` is final from 200 on: 200 success, 400 failure, 401 cancelled. */
export interface Operation {
  readonly id: string;
  readonly class: "task" | "websocket" | "token";
  readonly description: string;
  /** RFC 3339. */
  readonly created_at: string;
  readonly updated_at: string;
  readonly status: string;
  readonly status_code: number;
  /** URLs of the objects it works on, by kind. A copy lists target and source. */
  readonly resources: Readonly<Record<string, readonly string[]>>;
  readonly metadata: Metadata;
  readonly may_cancel: boolean;
  readonly err: string;
  /** Name of the member of the cluster that does it; `none` without a cluster. */
  readonly location: string;
}

/** The two kinds of instances. */
export type InstanceType = "container" | "virtual-machine";
/** As LXD spells it; an instance that is being made is `Stopped`. `Ready` needs `instance_ready_state`. */
export type InstanceStatus =
  | "Running"
  | "Stopped"
  | "Frozen"
  | "Error"
  | "Starting"
  | "Stopping"
  | "Freezing"
  | "Aborting"
  | "Thawed"
  | "Ready";

/** What of an instance a person may set. */
export interface InstanceSettings {
  readonly config: Config;
  readonly devices: Devices;
  readonly profiles: readonly string[];
  readonly description: string;
  readonly ephemeral: boolean;
}

/** A container or a virtual machine, as its settings and facts are; how it runs is its {@link InstanceState}. */
export interface Instance extends InstanceSettings {
  readonly name: string;
  readonly type: InstanceType;
  readonly status: InstanceStatus;
  readonly status_code: number;
  readonly architecture: string;
  readonly expanded_config: Config;
  readonly expanded_devices: Devices;
  readonly stateful: boolean;
  /** RFC 3339. */
  readonly created_at: string;
  /** RFC 3339; the year 1970 if never. */
  readonly last_used_at: string;
  readonly location: string;
  readonly project: string;
}

/** An address of a network interface inside an instance. */
export interface InstanceAddress {
  readonly family: "inet" | "inet6";
  readonly address: string;
  readonly netmask: string;
  readonly scope: "global" | "link" | "local";
}
/** A network interface inside an instance. */
export interface InstanceInterface {
  readonly addresses: readonly InstanceAddress[];
  readonly hwaddr: string;
  readonly host_name: string;
  readonly mtu: number;
  readonly state: string;
  readonly type: string;
}
/** What an instance uses now. All counts are 0 and the maps empty when it does not run. */
export interface InstanceState {
  readonly status: InstanceStatus;
  readonly status_code: number;
  readonly pid: number;
  readonly processes: number;
  /** Nanoseconds of processor time. */
  readonly cpu: { readonly usage: number };
  /** Bytes. */
  readonly memory: { readonly usage: number; readonly usage_peak: number };
  /** Bytes; empty where the pool cannot tell. */
  readonly disk: Readonly<Record<string, { readonly usage: number }>>;
  readonly network: Readonly<Record<string, InstanceInterface>>;
}

/** What an instance is made from. A copy is made without the source's snapshots. */
export type InstanceSource =
  | { readonly type: "image"; readonly alias: string }
  | {
      readonly type: "image";
      readonly mode: "pull";
      readonly server: string;
      readonly protocol: "simplestreams";
      readonly alias: string;
    }
  | { readonly type: "image"; readonly fingerprint: string }
  | { readonly type: "copy"; readonly source: string }
  | { readonly type: "none" };

/**
 * An instance to be made. `profiles` is required: with none named, LXD 5.0 gives a copy no profile at all instead of
 * `default`.
 */
export interface NewInstance extends Partial<InstanceSettings> {
  readonly name: string;
  readonly type: InstanceType;
  readonly source: InstanceSource;
  readonly profiles: readonly string[];
}
