import {
  certificateVariables,
  mirrorVariables,
  proxyVariables,
  renderVariables,
  tmateVariables,
} from "./environment-variables.ts";
import type { GuestFile } from "./payload.ts";
import { ENV_FILE, JOB_PATH, PRE_JOB_SCRIPT, RUNNER_USER, SYSTEM_PATH } from "./paths.ts";
import type { GuestSettings } from "./settings.ts";

/** The `.env` file that the runner application reads at its start: `KEY=VALUE` lines with unquoted values. */
export function environmentFile(settings: GuestSettings): GuestFile {
  const variables = new Map([
    ["PATH", JOB_PATH],
    ["LANG", "C.UTF-8"],
    ["ACTIONS_RUNNER_HOOK_JOB_STARTED", PRE_JOB_SCRIPT],
    ...mirrorVariables(settings.dockerMirror),
    ...certificateVariables(settings),
    ...tmateVariables(settings.debugSsh),
  ]);
  return { path: ENV_FILE, mode: "0644", owner: RUNNER_USER, content: renderVariables(variables) };
}

/**
 * `/etc/environment`, which every login and `sudo` in the runner reads. Shell scripts read it too, so its values
 * need no quotes.
 */
export function systemEnvironment(settings: GuestSettings, runnerName: string): GuestFile {
  const variables = new Map([
    ["PATH", SYSTEM_PATH],
    ...proxyVariables(settings, runnerName),
    ...certificateVariables(settings),
    ...tmateVariables(settings.debugSsh),
  ]);
  return { path: "/etc/environment", mode: "0644", owner: "root", content: renderVariables(variables) };
}
