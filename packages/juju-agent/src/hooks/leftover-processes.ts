import { readdir, readFile } from "node:fs/promises";

/**
 * Kills the leftover processes of a killed agent's context, so that a hook never runs in parallel with its retry.
 *
 * It finds them by the context ID in their environment; the ID was on disk before the first process started. This
 * includes background processes that the hook started on purpose.
 *
 * @returns the number of killed processes
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
