import { ConditionError } from "charm-kit";

/** The mount with the unit's pool is missing or has changed. */
export class StorageMissingError extends ConditionError {
  readonly code = "storage-missing";
  readonly remedy = "person";

  constructor(path: string) {
    super(
      `Cannot use the runners' storage: ${path} is not there; attach the unit's storage again, or deploy the unit again`,
    );
  }
}

/** What a pool would be created from is there already, and not the unit's. */
export class PoolFileError extends ConditionError {
  readonly code = "pool-file";
  readonly remedy = "person";

  /** @param what a path, or a ZFS pool. */
  constructor(what: string) {
    super(
      `Cannot create the runners' storage pool: ${what} is there, and no storage pool of this unit uses it; ` +
        "remove it if nobody needs it",
    );
  }
}
