import { readdir } from "node:fs/promises";
import type { Rig } from "./rig.ts";

/**
 * All that a unit has on LXD, on GitHub, and in its directory, without digits that are different each time: two of them
 * are the same when nothing was left behind in between.
 */
export async function footprintOf(rig: Rig, signal: AbortSignal) {
  const same = (line: string) => line.replaceAll(/\b[0-9a-f]{8,64}\b/g, "<digits>");
  const all = [...(await rig.lxd.inventory(signal))];
  const units = await readdir("/etc/systemd/system");
  const own = (lines: readonly string[]) =>
    lines
      .filter((line) => line.includes(rig.slug))
      .map(same)
      .sort();
  const files = (await rig.dataFiles()).split("\n");
  return {
    lxd: own(all),
    github: (await rig.registrations(signal)).map(({ name }) => same(name)).sort(),
    systemd: own(units),
    // Each job adds to the events for the metrics log.
    files: files.filter((name) => !name.startsWith("metric-events/")).map(same),
  };
}
