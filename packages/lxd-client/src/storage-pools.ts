import { fieldsOf } from "./envelope.ts";
import { Collection } from "./collection.ts";
import type { Transport } from "./transport.ts";
import type { Config } from "./types.ts";

/** What of a storage pool a person may set. */
export interface StoragePoolSettings {
  readonly config: Config;
  readonly description: string;
}

/** A storage pool, with what uses it. */
export interface StoragePool extends StoragePoolSettings {
  readonly name: string;
  /** Such as `btrfs`, `zfs` or `dir`. */
  readonly driver: string;
  /** `Created` for a pool that is ready. */
  readonly status: string;
  /** URLs of instances, profiles, and images whose unpacked volume it holds. */
  readonly used_by: readonly string[];
}

/** A storage pool to make. */
export type NewStoragePool = {
  readonly name: string;
  readonly driver: string;
} & Partial<StoragePoolSettings>;

/** Room of a pool, in bytes and in files; a total of 0 stands for no bound that LXD knows. */
export interface StoragePoolResources {
  readonly space: { readonly used: number; readonly total: number };
  readonly inodes: { readonly used: number; readonly total: number };
}

/** Storage pools: `/1.0/storage-pools`. Deleting one drops image volumes in it, and is refused while others use it. */
export class StoragePools extends Collection<StoragePool, StoragePoolSettings, NewStoragePool> {
  constructor(transport: Transport) {
    super(transport, { noun: "storage pool", segment: "storage-pools", decode: toPool });
  }

  resources(name: string, signal: AbortSignal): Promise<StoragePoolResources> {
    const { action, path } = this.target("read the room of", name);
    return this.transport.read(action, `${path}/resources`, toResources, signal);
  }
}

function toPool(metadata: unknown): StoragePool {
  const sent = fieldsOf<StoragePool>(metadata);
  return { ...sent, config: sent.config ?? {}, used_by: sent.used_by ?? [] };
}

function toResources(metadata: unknown): StoragePoolResources {
  const sent = metadata as Partial<StoragePoolResources>;
  const none = { used: 0, total: 0 };
  return { space: { ...none, ...sent.space }, inodes: { ...none, ...sent.inodes } };
}
