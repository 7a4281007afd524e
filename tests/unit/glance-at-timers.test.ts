import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { areTimersDue, noteTimersAsked } from "../../src/unit/glance-at-timers.ts";
import { TIMED_EVENTS } from "../../src/unit/timed-events.ts";
import { lonelySystem } from "../charm/lonely-system.ts";
import { useTemporaryDirectory } from "../support/temporary-directory.ts";

const HOUR_MS = 60 * 60_000;

describe("areTimersDue()", () => {
  const directory = useTemporaryDirectory();
  let now = 1_700_000_000_000;
  const unit = () => {
    const system = lonelySystem(directory.path);
    const clock = { ...system.clock, now: () => now };
    return { system: { ...system, clock }, unitName: "runners/0", deployment: "d" };
  };
  const units = () => unit().system.systemd.units;
  const isDue = () => areTimersDue(unit(), TIMED_EVENTS);
  const files = ["reconcile-runners", "refresh-image"].flatMap((event) => [
    `ghro.runners-0.${event}.service`,
    `ghro.runners-0.${event}.timer`,
    `timers.target.wants/ghro.runners-0.${event}.timer`,
  ]);
  const write = (file: string) => {
    writeFileSync(join(units(), file), "");
  };

  beforeEach(async () => {
    mkdirSync(join(units(), "timers.target.wants"), { recursive: true });
    mkdirSync(unit().system.systemd.booted, { recursive: true });
    for (const file of files) write(file);
    await noteTimersAsked(unit());
  });

  it("is false while all files are there and systemd was asked within the hour", async () => {
    expect(await isDue()).to.equal(false);
    now += HOUR_MS - 1000;
    expect(await isDue()).to.equal(false);
  });

  for (const file of files) {
    it(`is true when ${file} is missing`, async () => {
      rmSync(join(units(), file));
      expect(await isDue()).to.equal(true);
    });
  }

  it("is true an hour after the last question, and when the clock was set back", async () => {
    now += HOUR_MS + 1000;
    expect(await isDue()).to.equal(true);
    now -= 3 * HOUR_MS;
    expect(await isDue()).to.equal(true);
    rmSync(join(unit().system.dataRoot, "runners-0/timers-asked"));
    expect(await isDue()).to.equal(true);
  });

  it("is false on a machine without systemd", async () => {
    rmSync(unit().system.systemd.booted, { recursive: true });
    rmSync(join(units(), files[0] ?? ""));
    expect(await isDue()).to.equal(false);
  });
});
