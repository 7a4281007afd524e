import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger, systemClock } from "charm-kit";
import { GuestEnds } from "../../src/service/guest-ends.ts";
import { until } from "../support/rig/until.ts";

const FILE = "ended.json";
const soon = () => AbortSignal.timeout(5000);

describe("GuestEnds", () => {
  let directory = "";
  let ended = 0;
  let ends: GuestEnds;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "guest-ends-"));
    for (const runner of ["a", "b"]) await mkdir(join(directory, runner));
    ended = 0;
    ends = new GuestEnds({
      shareOf: (runner) => join(directory, runner),
      file: FILE,
      onEnd: () => {
        ended += 1;
      },
      log: silentLogger,
    });
  });
  afterEach(async () => {
    ends.close();
    await rm(directory, { recursive: true });
  });

  const write = async (runner: string) => {
    await writeFile(join(directory, runner, `${FILE}.new`), "{}");
    await rename(join(directory, runner, `${FILE}.new`), join(directory, runner, FILE));
  };
  const heard = (count: number) => until(`${count} ends`, () => Promise.resolve(ended === count), soon());

  it("hears of the end of each runner once", async () => {
    ends.follow(["a", "b"]);
    await write("a");
    await heard(1);
    await write("a");
    await write("b");
    await heard(2);
  });

  it("hears of an end before it listened", async () => {
    await write("a");
    ends.follow(["a"]);
    await heard(1);
  });

  it("hears of no other file, and of no runner that is gone", async () => {
    ends.follow(["a", "b"]);
    ends.follow(["b"]);
    await write("a");
    await writeFile(join(directory, "b", "other.json"), "{}");
    await write("b");
    await heard(1);
  });

  it("does without a runner that has no share", async () => {
    ends.follow(["none", "a"]);
    await write("a");
    await heard(1);
  });

  it("no longer listens to a guest that writes for ever", async () => {
    ends.follow(["a"]);
    for (let count = 0; count < 150; count += 1) {
      await writeFile(join(directory, "a", `noise-${count}`), "x");
    }
    await systemClock.wait(100, soon());
    await write("a");
    await write("b");
    ends.follow(["a", "b"]);
    await heard(1);
  });
});
