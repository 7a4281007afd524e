import { existsSync } from "node:fs";
import { reasonToSkipLxd } from "../lxd/reason-to-skip.ts";
import { SLOWEST } from "../patience.ts";
import { ARCHIVE } from "./rig.ts";

const LIMIT_MS = SLOWEST * 5 * 60_000;

/** A suite that needs the LXD of this machine and the packed archive; it is skipped, and says why, where they are not. */
export function endToEnd(title: string, suite: () => void): void {
  const reason =
    reasonToSkipLxd() ?? (existsSync(ARCHIVE) ? undefined : "there is no packed archive; run npm run pack");
  const declare = reason === undefined ? describe : describe.skip;
  declare(`${title}${reason === undefined ? "" : ` (skipped: ${reason})`}`, function () {
    this.timeout(LIMIT_MS);
    suite();
  });
}

/**
 * A signal for everything that one test does.
 *
 * @param milliseconds what is ample on a quiet machine.
 */
export function patience(milliseconds = 60_000): AbortSignal {
  return AbortSignal.timeout(SLOWEST * milliseconds);
}
