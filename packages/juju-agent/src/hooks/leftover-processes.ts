import { readdir, readFile } from "node:fs/promises";

/**
 * Kills the processes of a context whose agent was killed, so that a hook never runs beside its own retry.
 *
 * They are known by the context ID in their environment; it was on disk before the first of them was started. A
 * process that a hook left behind on purpose, with that environment, is among them.
 */
export async function killLeftoverProcesses(contextId: string): Promise<number> {
  const marker = `JUJU_CONTEXT_ID=${contextId}`;
  const names = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  let killed = 0;
  for (const name of names) {
    const environment = await readFile(`/proc/${name}/environ`, "utf8").catch(() => "");
    if (!environment.split("\0").includes(marker)) continue;
    if (kill(Number(name))) killed += 1;
  }
  return killed;
}

function kill(processId: number): boolean {
  try {
    return process.kill(processId, "SIGKILL");
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === "ESRCH") return false;
    throw thrown;
  }
}
