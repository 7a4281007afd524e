import { join } from "node:path";
import { runShellScript } from "../run-shell-script.ts";

/** The script that makes LXD answer; it needs no Node.js. */
export const ENSURE_LXD_SCRIPT = join(import.meta.dirname, "ensure-lxd.sh");

const CANNOT = 3;

/**
 * Makes a local LXD answer: installs and starts it where it does not, and raises kernel limits that cap fleets.
 *
 * @param progress called with each line of what it does.
 * @returns false where LXD cannot be had: without root, packages or kernel features. The last line is the reason.
 * @throws when the script fails otherwise, or the signal aborts.
 */
export async function ensureLxd(signal: AbortSignal, progress: (line: string) => void): Promise<boolean> {
  const code = await runShellScript({ path: ENSURE_LXD_SCRIPT, progress }, signal);
  if (code === 0) return true;
  if (code === CANNOT) return false;
  throw new Error(`Cannot make LXD ready: ${ENSURE_LXD_SCRIPT} ended with ${String(code)}`);
}
