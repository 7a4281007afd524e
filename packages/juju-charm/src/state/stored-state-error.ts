import { CodedError } from "charm-kit";

/** The stored state is damaged or cannot be used. */
export class StoredStateError extends CodedError {
  readonly code = "stored-state";
  /** Path of the file, or the name of the slot, that is at fault. */
  readonly path: string;

  constructor(action: "read" | "write", path: string, detail: string, options?: ErrorOptions) {
    super(`Cannot ${action} the stored state ${path}: ${detail}`, options);
    this.path = path;
  }
}
