import { createHash } from "node:crypto";

import { renderSystemdCommand } from "charm-kit";
import { DEFAULT_PATH } from "../machine-facts.ts";
import { defaultStateDirectory } from "../product.ts";

/** Minutes between two runs of update-status, as in Juju. */
export const UPDATE_MINUTES = 5;

/** A systemd unit file. */
export interface ServiceFile {
  readonly name: string;
  readonly content: string;
}

/** The files of one agent's service. */
export interface ServiceFiles {
  readonly service: ServiceFile;
  readonly timer: ServiceFile;
}

/**
 * The name of an agent's systemd units without their type: another one for each state directory.
 *
 * @param program name of the agent's program, which begins the names of all its units.
 */
export function serviceName(program: string, stateDirectory: string): string {
  if (stateDirectory === defaultStateDirectory(program)) return program;
  const digest = createHash("sha256").update(stateDirectory).digest("hex").slice(0, 8);
  return `${program}-${digest}`;
}

/**
 * Renders the systemd units that run the due hooks and update-status at boot and every five minutes. Pure.
 *
 * A timer starts the service also at boot, because a boot waits for services and not for what timers start: a hook may
 * take as long as an image build. Only the agent gets a signal to stop. It ends its hook itself, which runs again.
 *
 * @param program name of the agent's program.
 * @param command absolute path and arguments that call the agent.
 */
export function renderService(
  program: string,
  stateDirectory: string,
  command: readonly string[],
): ServiceFiles {
  const name = serviceName(program, stateDirectory);
  const call = [...command, "--quiet", "--state", stateDirectory, "update-status"];
  // A percent sign starts a specifier also in a description.
  const description = `Juju unit agent in ${stateDirectory.replaceAll("%", "%%")}`;
  return {
    service: {
      name: `${name}.service`,
      content: `[Unit]
Description=${description}
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
Environment=PATH=${DEFAULT_PATH}
ExecStart=${renderSystemdCommand(call)}
KillMode=process
TimeoutStartSec=6h
`,
    },
    timer: {
      name: `${name}.timer`,
      content: `[Unit]
Description=${description}, at boot and every ${UPDATE_MINUTES} minutes

[Timer]
OnActiveSec=1s
OnUnitInactiveSec=${UPDATE_MINUTES}m
AccuracySec=1s

[Install]
WantedBy=timers.target
`,
    },
  };
}
