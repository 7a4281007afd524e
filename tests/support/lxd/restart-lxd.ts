import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { promisify } from "node:util";
import { systemClock } from "charm-kit";
import { ensureLxd } from "./ensure-lxd.ts";

/** Process ID of the LXD daemon of this machine, as it tells itself. */
export async function lxdPid(signal: AbortSignal): Promise<number> {
  const { stdout } = await promisify(execFile)("lxc", ["query", "/1.0"], { signal });
  const { environment } = JSON.parse(stdout) as { readonly environment: { readonly server_pid: number } };
  return environment.server_pid;
}

/** Ends the LXD daemon of this machine, as an upgrade of its package or a lack of memory does. Containers run on. */
export async function endLxd(by: "SIGTERM" | "SIGKILL", signal: AbortSignal): Promise<void> {
  const pid = await lxdPid(signal);
  process.kill(pid, by);
  while (existsSync(`/proc/${pid}`)) await systemClock.wait(50, signal);
}

/** Starts it again, by what started it on this machine. */
export async function startLxd(signal: AbortSignal): Promise<void> {
  const answers = await ensureLxd(signal, () => undefined);
  if (!answers) throw new Error("LXD does not answer after its restart");
}
