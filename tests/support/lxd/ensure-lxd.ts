import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

/** The script that makes LXD answer; it needs no Node.js. */
export const ENSURE_LXD_SCRIPT = join(import.meta.dirname, "ensure-lxd.sh");

const CANNOT = 3;

/**
 * Makes a local LXD answer: installs and starts it where it does not, and raises kernel limits that cap fleets. Says what
 * it does on standard output.
 *
 * @returns false where LXD cannot be had: without root, packages or kernel features. The reason has been printed.
 * @throws when the script fails otherwise, or the signal aborts.
 */
export async function ensureLxd(signal: AbortSignal): Promise<boolean> {
  const child = spawn("bash", [ENSURE_LXD_SCRIPT], { stdio: ["ignore", "inherit", "inherit"], signal });
  const [code] = (await once(child, "close")) as [number | null];
  if (code === 0) return true;
  if (code === CANNOT) return false;
  throw new Error(`Cannot make LXD ready: ${ENSURE_LXD_SCRIPT} ended with ${String(code)}`);
}
