import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ProcessLock, removeFile, writeFileAtomically } from "charm-kit";
import {
  LIMIT_NAMES,
  limitsFileName,
  parseLimits,
  planLimits,
  renderLimits,
  slugOfLimitsFile,
  type FleetOfUnit,
  type Limits,
  type LimitsRecord,
} from "./kernel-limits.ts";
import type { HostPaths } from "./host-paths.ts";

/** Serialised on a machine, since each unit's file depends on those of the others. */
const LOCK = new ProcessLock("github-runner-kernel-limits");

/**
 * Raises the kernel limits for the runners of all units of this machine, now and at the next boot.
 *
 * @param unit this unit; without runners to restore the limits that only it needed.
 * @returns the values that the kernel refused, each as a short text.
 */
export function raiseLimits(
  paths: HostPaths,
  unit: FleetOfUnit,
  signal: AbortSignal,
): Promise<readonly string[]> {
  return LOCK.run(async () => {
    const records = await readRecords(paths);
    const plan = planLimits(records, unit, await readCurrent(paths));
    // Files first, so that the original values are recorded before a kill.
    await writeRecords(paths, plan.records);
    const refused = await apply(paths, plan.apply);
    if (unit.runners === undefined) {
      await removeFile(join(paths.sysctlDirectory, limitsFileName(unit.slug)));
    }
    return refused;
  }, signal);
}

async function readRecords({ sysctlDirectory }: HostPaths): Promise<readonly LimitsRecord[]> {
  const names = await readdir(sysctlDirectory).catch(() => []);
  const records = names.map(async (name) => {
    const slug = slugOfLimitsFile(name);
    return slug === undefined ? [] : [parseLimits(slug, await readFile(join(sysctlDirectory, name), "utf8"))];
  });
  return (await Promise.all(records)).flat();
}

async function writeRecords({ sysctlDirectory }: HostPaths, records: readonly LimitsRecord[]): Promise<void> {
  for (const record of records) {
    const path = join(sysctlDirectory, limitsFileName(record.slug));
    const text = renderLimits(record);
    if ((await readFile(path, "utf8").catch(() => "")) === text) continue;
    await mkdir(sysctlDirectory, { recursive: true });
    await writeFileAtomically(path, text, { mode: 0o644 });
  }
}

async function readCurrent(paths: HostPaths): Promise<Limits> {
  const found = LIMIT_NAMES.map(async (name) => {
    const text = await readFile(pathOf(paths, name), "utf8").catch(() => "");
    return text === "" ? [] : [[name, Number(text.trim())] as const];
  });
  return Object.fromEntries((await Promise.all(found)).flat());
}

async function apply(paths: HostPaths, limits: Limits): Promise<readonly string[]> {
  const refused = Object.entries(limits).map(([name, value]) =>
    writeFile(pathOf(paths, name), String(value)).then(
      () => [],
      () => [`the kernel refuses ${name}=${value}`],
    ),
  );
  return (await Promise.all(refused)).flat();
}

function pathOf({ proc }: HostPaths, name: string): string {
  return join(proc, "sys", ...name.split("."));
}
