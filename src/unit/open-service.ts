import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { runProcess, writeFileAtomically } from "charm-kit";
import { DeclaredService } from "../host/declared-service.ts";
import { RunnerService } from "../host/runner-service.ts";
import { askService, isHealthy, requestRound } from "./ask-service.ts";
import type { ServiceSupervisor } from "./ports.ts";
import { settingsPath } from "./service-settings.ts";
import { serviceProgram, serviceSocket, serviceWords } from "./service-paths.ts";
import { slugOf, type UnitOnMachine } from "./unit-slug.ts";

/** Set in hooks where a process keeps programs running that are declared in this directory. */
const PROGRAMS_VARIABLE = "CHARM_PROGRAMS_DIRECTORY";

/** Set in hooks where another process shows what the service tells: names the file that declares its socket. */
const LIVE_VIEW_VARIABLE = "CHARM_LIVE_VIEW_FILE";

/** Says where the service tells of the unit, to a process that shows it, such as the embedded agent. */
export async function declareLiveView(context: UnitOnMachine): Promise<void> {
  const path = context.system.env[LIVE_VIEW_VARIABLE];
  if (path === undefined) return;
  const content = `${JSON.stringify({ socket: serviceSocket(context) })}\n`;
  if ((await readFile(path, "utf8").catch(() => "")) !== content)
    await writeFileAtomically(path, content, { mode: 0o644 });
}

/** Opens the supervision of the unit's runner service. */
export function openServiceSupervisor(context: UnitOnMachine): ServiceSupervisor {
  const unit = { name: context.unitName, slug: slugOf(context) };
  const { env, systemd } = context.system;
  const directory = env[PROGRAMS_VARIABLE];
  if (directory !== undefined && !existsSync(systemd.booted))
    return new DeclaredService({ directory, slug: unit.slug });
  return new RunnerService({ unit, paths: context.system.systemd, run: runProcess });
}

/**
 * The command of the service: absolute path and arguments.
 *
 * @param charmDirectory of the unpacked charm.
 * @returns undefined where the charm runs from its sources.
 */
export function serviceCommand(charmDirectory: string, unit: UnitOnMachine): readonly string[] | undefined {
  return existsSync(serviceProgram(charmDirectory))
    ? [process.execPath, ...serviceWords(charmDirectory, slugOf(unit))]
    : undefined;
}

/** Lets the runner service make standby instances. @returns false where none does the unit's work */
export async function leaveStandby(context: UnitOnMachine, signal: AbortSignal): Promise<boolean> {
  const path = serviceSocket(context);
  const status = await askService(path, signal);
  if (!status || !isHealthy(status, context.system.clock.now())) return false;
  return requestRound(path, signal);
}

/** Ends the service and its settings: nothing creates runners after it. */
export async function removeService(context: UnitOnMachine, signal: AbortSignal): Promise<void> {
  await rm(settingsPath(context), { force: true });
  await openServiceSupervisor(context).remove(signal);
}
