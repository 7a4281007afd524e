import { ENV_FILE, PRE_JOB_SCRIPT, type RUNNER_USER } from "./paths.ts";
import type { GuestFile } from "./orders.ts";

const PATH = "/home/ubuntu/.local/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/snap/bin";

/** The `.env` file that the runner application reads when it starts: `KEY=VALUE` lines. */
export function environmentFile(owner: typeof RUNNER_USER): GuestFile {
  const lines = [`PATH=${PATH}`, "LANG=C.UTF-8", `ACTIONS_RUNNER_HOOK_JOB_STARTED=${PRE_JOB_SCRIPT}`];
  return { path: ENV_FILE, mode: "0644", owner, content: `${lines.join("\n")}\n` };
}
