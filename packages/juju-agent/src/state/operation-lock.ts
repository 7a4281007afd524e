import { createHash } from "node:crypto";
import { mkdir, realpath } from "node:fs/promises";

import { ProcessLock } from "charm-kit";

/** The lock of a state directory, the same for all paths to it. Creates the directory. */
export async function operationLock(stateDirectory: string): Promise<ProcessLock> {
  await mkdir(stateDirectory, { recursive: true, mode: 0o755 });
  const digest = createHash("sha256")
    .update(await realpath(stateDirectory))
    .digest("hex");
  return new ProcessLock(`github-runner-agent-${digest}`);
}
