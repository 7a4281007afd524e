/** Attributes of a storage instance. */
export interface StorageAttributes {
  /** `filesystem` or `block`. */
  readonly kind: string;
  /** Mount point, or path of the block device. */
  readonly location: string;
}

/** The storage and resource tools. */
export interface StorageTools {
  /** `storage-list --format=json`: attached storage instances, all or those with a name, each as `name/n`. */
  storageList(name?: string): Promise<readonly string[]>;
  /** `storage-get --format=json`. */
  storageGet(id: string): Promise<StorageAttributes>;
  /** `storage-add`: requests more instances when the hook succeeds. Each has its own `storage-attached` hook. */
  storageAdd(name: string, count: number): Promise<void>;
  /** `resource-get`: absolute path of a resource's file. Juju downloads it at the first use. */
  resourceGet(name: string): Promise<string>;
}
