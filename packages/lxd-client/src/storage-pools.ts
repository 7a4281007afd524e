import { nameFromURL, path, targetQuery } from "./call.ts";
import { Collection } from "./collection.ts";
import { fieldsOf, listOf } from "./envelope.ts";
import { readList, remove, type Deletion } from "./resource.ts";
import type { Transport } from "./transport.ts";
import type { Config, Outcome } from "./types.ts";

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

  /**
   * Fingerprints of the images whose unpacked volumes the pool holds.
   *
   * @param member of a cluster. @default the one that is asked
   */
  imageVolumes(name: string, signal: AbortSignal, member?: string): Promise<readonly string[]> {
    const { action, path: pool } = this.target("list the image volumes of", name);
    const volumes = `${pool}/volumes/image${targetQuery(member)}`;
    return readList(this.transport, { action, path: volumes, decode: listOf(toName) }, signal);
  }

  /**
   * Deletes the unpacked volume of an image, which LXD makes again when it is needed. One that is not there is well.
   *
   * @param member of a cluster. @default the one that is asked
   */
  deleteImageVolume(
    name: string,
    fingerprint: string,
    signal: AbortSignal,
    member?: string,
  ): Promise<Outcome<Deletion>> {
    const { action, path: pool } = this.target(`delete the volume of image ${fingerprint} in`, name);
    const volume = `${pool}${path`/volumes/image/${fingerprint}`}${targetQuery(member)}`;
    return remove(this.transport, { action, path: volume }, signal);
  }
}

function toName(url: unknown): string {
  return nameFromURL(String(url));
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
