import { spawnSync } from "node:child_process";
import { ENSURE_LXD_SCRIPT } from "./ensure-lxd.ts";

/** Why tests that need root and the local LXD cannot run here, for the title of what is skipped; undefined where they can. */
export function reasonToSkipLxd(): string | undefined {
  if (process.getuid?.() !== 0) return "it needs root";
  const check = spawnSync("bash", [ENSURE_LXD_SCRIPT, "--check"], { timeout: 120_000 });
  return check.status === 0 ? undefined : "no LXD answers on this machine";
}
