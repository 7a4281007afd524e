import { UPDATE_MINUTES } from "../service/service-files.ts";
import type { CommandCall } from "./command.ts";

/** What a person does on a machine without systemd. */
export const SERVE = `keep the verb serve running, which runs the hooks when it starts and every ${UPDATE_MINUTES} minutes`;

/** A person who deploys learns what brings the units back. */
export function noteOnReboots({ installation: { service } }: CommandCall): string | undefined {
  if (service.isInstalled) return undefined;
  return service.isPossible
    ? "NOTE Nothing runs the units' hooks after a reboot yet: use the verb install\n"
    : `NOTE Nothing runs the units' hooks after a restart of this machine, which does not run systemd: ${SERVE}\n`;
}
