/** Where a storage is. */
export interface StorageAttributes {
  /** `filesystem` or `block`. */
  readonly kind: string;
  /** Mount point, or path of the block device. */
  readonly location: string;
}

/** The tools of storage and resources. */
export interface StorageTools {
  /** `storage-list --format=json`: the attached storages, or those of a name, each as `name/n`. */
  storageList(name?: string): Promise<readonly string[]>;
  /** `storage-get --format=json`. */
  storageGet(id: string): Promise<StorageAttributes>;
  /** `storage-add`: asks for more instances once the hook succeeds; each comes with a storage-attached of its own. */
  storageAdd(name: string, count: number): Promise<void>;
  /** `resource-get`: absolute path of a resource's file, which Juju downloads at the first use. */
  resourceGet(name: string): Promise<string>;
}
