import { aproxyCommands } from "./aproxy.ts";
import type { GuestFile } from "./payload.ts";
import { PREPARATION } from "./paths.ts";
import type { GuestSettings } from "./settings.ts";

/** Restarts Docker with its new configuration, if the image has Docker. */
const RESTART_DOCKER = `
if systemctl cat docker.service >/dev/null 2>&1; then
  systemctl daemon-reload
  timeout 120 systemctl restart docker.service
fi
`;

const NEED_POLICY_TOOLS = `
for program in curl jq; do
  if ! command -v "$program" >/dev/null; then
    echo "repo-policy needs $program in the runner image, add it to image-packages" >&2
    exit 1
  fi
done
`;

/**
 * The program that root runs in a started runner after its files are written. If it fails, the runner takes no job.
 *
 * @param dockerChanged whether Docker's daemon has new files.
 * @returns undefined when nothing needs to be done.
 */
export function preparation(
  { aproxy, policy }: GuestSettings,
  dockerChanged: boolean,
): GuestFile | undefined {
  const parts = [
    ...(policy ? [NEED_POLICY_TOOLS] : []),
    ...(aproxy ? [aproxyCommands(aproxy, policy)] : []),
    ...(dockerChanged ? [RESTART_DOCKER] : []),
  ];
  if (parts.length === 0) return undefined;
  const content = `#!/bin/bash\nset -euo pipefail\n${parts.join("")}`;
  return { path: PREPARATION, mode: "0755", owner: "root", content };
}
