import { createHash } from "node:crypto";
import { ProcessLock } from "charm-kit";

/** The lock of what one process at a time may do in a directory; other directories have others. */
export function directoryLock(purpose: string, directory: string): ProcessLock {
  return new ProcessLock(`${purpose}-${createHash("sha256").update(directory).digest("hex").slice(0, 16)}`);
}
