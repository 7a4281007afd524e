import { proxyVariables, renderVariables, tmateVariables } from "./environment-variables.ts";
import type { GuestFile } from "./payload.ts";
import { SYSTEM_PATH } from "./paths.ts";
import type { GuestSettings } from "./settings.ts";

/**
 * `/etc/environment`, which every login and `sudo` in the runner reads. Shell scripts read it too, so its values
 * need no quotes.
 */
export function systemEnvironment(settings: GuestSettings, runnerName: string): GuestFile {
  const variables = new Map([
    ["PATH", SYSTEM_PATH],
    ...proxyVariables(settings, runnerName),
    ...tmateVariables(settings.debugSsh),
  ]);
  return { path: "/etc/environment", mode: "0644", owner: "root", content: renderVariables(variables) };
}
