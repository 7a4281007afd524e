import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";

import type { AgentState } from "../state/agent-state.ts";

/** Removes stored archives that no application uses. */
export async function collectArchives(directory: string, state: AgentState): Promise<void> {
  const used = new Set(Object.values(state.applications).map(({ charm }) => `${charm.digest}.charm`));
  for (const name of await readdir(directory).catch(() => [])) {
    if (!used.has(name)) await rm(join(directory, name), { force: true });
  }
}
