import { runProcess } from "charm-kit";
import { Host } from "../host/host.ts";
import { HOST_PATHS } from "../host/host-paths.ts";
import type { LxdUnit } from "../lxd/lxd-unit.ts";
import { slugOf } from "./unit-slug.ts";
import type { UnitContext } from "./unit-system.ts";

/**
 * Opens the host side of a unit.
 *
 * @param context.mayInstall whether LXD may be installed and started. @default unless the environment names its socket
 */
export function openHost(context: UnitContext & { readonly mayInstall?: boolean }, unit: LxdUnit): Host {
  const { system, mayInstall = true } = context;
  return new Host({
    paths: system.paths ?? HOST_PATHS,
    run: runProcess,
    lxd: {
      answers: (signal) => unit.server.answers(signal),
      hasVirtualMachines: (signal) => unit.server.hasVirtualMachines(signal),
      mayOtherUnitsHaveJobs: (signal) => unit.otherUnits.mayHaveJobs(signal),
    },
    mayInstall: mayInstall && !namesSocket(system.env),
    slug: slugOf(context),
  });
}

/** LXD is never installed when the environment names a socket. */
function namesSocket(env: UnitContext["system"]["env"]): boolean {
  return ["LXD_SOCKET", "LXD_DIR", "INCUS_SOCKET", "INCUS_DIR"].some((name) => env[name]);
}
