import { CodedError } from "charm-kit";

/** The stored state cannot be read or written. */
export class StoredStateError extends CodedError {
  readonly code = "stored-state";
  /** Path of the file, or name of the slot, with the error. */
  readonly path: string;

  constructor(action: "read" | "write", path: string, detail: string, options?: ErrorOptions) {
    super(`Cannot ${action} the stored state ${path}: ${detail}`, options);
    this.path = path;
  }
}
