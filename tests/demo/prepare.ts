import { join, relative } from "node:path";
import { packCharm } from "juju-charm/pack";
import { withDeadline } from "charm-kit";
import { ensureBaseImage, type BaseImage } from "../support/base-image/ensure-base-image.ts";
import { ensureLxd } from "../support/lxd/ensure-lxd.ts";
import { findObstacle, readHostFacts } from "./requirements.ts";
import type { Screen } from "./screen.ts";
import type { TimeTable } from "./time-table.ts";

const ROOT = join(import.meta.dirname, "../..");
const MINUTE = 60_000;

/** @throws Error with what stands in the way and what to do about it. */
export async function checkRequirements(): Promise<void> {
  const obstacle = findObstacle(await readHostFacts());
  if (obstacle !== undefined) throw new Error(`Cannot run the demo: ${obstacle}`);
}

/** @throws Error where LXD is not to be had. */
export async function prepareLxd(screen: Screen, signal: AbortSignal): Promise<void> {
  const print = (line: string) => {
    screen.line(line);
  };
  const ready = await withDeadline("make LXD ready", 15 * MINUTE, signal, (limited) =>
    ensureLxd(limited, print),
  );
  if (ready) return;
  throw new Error(
    "Cannot run the demo: LXD is not to be had on this machine, for the reason above; mend that, or install and start " +
      "LXD by hand, and run the demo again",
  );
}

const BASE_IMAGE_NOTES: Readonly<Record<BaseImage["done"], string>> = {
  nothing: "was there",
  alias: "was there under another name",
  import: "built earlier, imported",
  build: "built",
};

/**
 * Makes LXD, the base image and the packed charm be there.
 *
 * @returns the path of the packed charm.
 */
export async function prepare(screen: Screen, times: TimeTable, signal: AbortSignal): Promise<string> {
  screen.heading("LXD");
  await times.measure("LXD made ready", () => prepareLxd(screen, signal));
  screen.heading("Base image");
  await times.measure(
    "Base image",
    () => prepareBaseImage(screen, signal),
    ({ done }) => BASE_IMAGE_NOTES[done],
  );
  screen.heading("Charm");
  const { path } = await times.measure(
    "Charm packed",
    () => packCharm({ charm: ROOT }),
    ({ made }) => (made ? "packed" : "was up to date"),
  );
  screen.line(`${relative(process.cwd(), path)} is ready`);
  return path;
}

async function prepareBaseImage(screen: Screen, signal: AbortSignal): Promise<BaseImage> {
  const progress = (line: string) => {
    screen.line(line);
  };
  const image = await withDeadline("make the base image", 20 * MINUTE, signal, (limited) =>
    ensureBaseImage({ progress }, limited),
  );
  const state = image.done === "nothing" ? "is there from an earlier run" : "is ready";
  screen.line(`A small Debian 12, '${image.alias}', ${state}`);
  return image;
}
