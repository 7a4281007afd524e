import { HAS_JOB } from "./activity-command.ts";
import { AWAIT_JOB_END } from "./paths.ts";
import type { GuestFile } from "./payload.ts";

/**
 * How long a runner must have had no job before it shuts down, in seconds. Less than a second passes between the moment that
 * the application gets a job and its process for it. Longer, because the unit deregisters idle runners meanwhile, and then no
 * job comes any more.
 */
const IDLE_SECONDS = 5;

const UNIT = "github-runner-shutdown.service";
/** Root's alone, in memory: only a guest that has got a payload waits. */
const UNITS = "/run/systemd/system";

const awaitJobEnd = `#!/bin/sh
idle=0
while [ "$idle" -lt ${IDLE_SECONDS} ]; do
  idle=$((idle + 1))
  if ${HAS_JOB}; then idle=0; fi
  sleep 1
done
`;

/**
 * Takes the place of systemd's own target: nothing is stopped before the job has ended, so that Docker and the network are
 * there until then. systemd finds it without being told, since nothing has used the target before.
 */
function target(name: "halt" | "poweroff"): GuestFile {
  return {
    path: `${UNITS}/${name}.target`,
    mode: "0644",
    owner: "root",
    content: `[Unit]
Description=Shutdown after the job
DefaultDependencies=no
Requires=${UNIT}
After=${UNIT}
AllowIsolate=yes
`,
  };
}

/**
 * Files that make a clean shutdown wait for the end of the job: `halt.target` is what LXD asks a container for, and
 * `poweroff.target` what the power button of a virtual machine does. An immediate end, as that of the runner's unit, needs
 * neither.
 */
export const lateShutdown: readonly GuestFile[] = [
  { path: AWAIT_JOB_END, mode: "0755", owner: "root", content: awaitJobEnd },
  target("halt"),
  target("poweroff"),
  {
    path: `${UNITS}/${UNIT}`,
    mode: "0644",
    owner: "root",
    content: `[Unit]
Description=Shuts the runner down once it has no job
DefaultDependencies=no

[Service]
Type=oneshot
ExecStart=${AWAIT_JOB_END}
ExecStart=systemctl --no-block --job-mode=replace-irreversibly start systemd-poweroff.service
TimeoutStartSec=infinity
`,
  },
];
