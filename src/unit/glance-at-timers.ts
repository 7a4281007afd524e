import { existsSync } from "node:fs";
import { mkdir, stat, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { timerPrefix } from "../host/timers.ts";
import { recordDirectory } from "./unit-records.ts";
import { slugOf, type UnitOnMachine } from "./unit-slug.ts";

/** How often systemd is asked, which costs more than a look at its files. */
const ASK_MS = 60 * 60_000;

/**
 * Whether the unit's timers need a closer look: a file of theirs is missing, or systemd was not asked within the hour. They
 * are the net below the runner service, and nobody else notices when they are gone.
 *
 * @param events of the unit's timers.
 * @returns false on a machine without systemd.
 */
export async function areTimersDue(unit: UnitOnMachine, events: readonly string[]): Promise<boolean> {
  const { clock, systemd } = unit.system;
  if (!existsSync(systemd.booted)) return false;
  const names = events.map((event) => `${timerPrefix(slugOf(unit))}${event}`);
  const files = names.flatMap((name) => [
    `${name}.service`,
    `${name}.timer`,
    `timers.target.wants/${name}.timer`,
  ]);
  if (files.some((file) => !existsSync(join(systemd.units, file)))) return true;
  const askedAt = await stat(markOf(unit)).then(
    ({ mtimeMs }) => mtimeMs,
    () => -Infinity,
  );
  // A time in the future is from before the clock was set back.
  return Math.abs(clock.now() - askedAt) > ASK_MS;
}

/** Records that systemd was asked now. Losing the record costs a question. */
export async function noteTimersAsked(unit: UnitOnMachine): Promise<void> {
  const path = markOf(unit);
  const now = new Date(unit.system.clock.now());
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFile(path, "", { mode: 0o600 });
  await utimes(path, now, now);
}

function markOf(unit: UnitOnMachine): string {
  return join(recordDirectory(unit), "timers-asked");
}
