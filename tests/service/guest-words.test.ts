import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { silentLogger, systemClock } from "charm-kit";
import { GuestWords } from "../../src/service/guest-words.ts";
import { until } from "../support/rig/until.ts";
import { soon } from "../support/patience.ts";

const FILE = "ended.json";

describe("GuestWords", () => {
  let directory = "";
  let ended = 0;
  const jobs: string[] = [];
  let ends: GuestWords;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "guest-words-"));
    for (const runner of ["a", "b"]) await mkdir(join(directory, runner));
    ended = 0;
    jobs.length = 0;
    ends = new GuestWords({
      shareOf: (runner) => join(directory, runner),
      file: FILE,
      onEnd: () => {
        ended += 1;
      },
      onJob: (runner) => jobs.push(runner),
      clock: systemClock,
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

  const JOB = {
    workflow: "tests",
    repository: "acme/widgets",
    event: "push",
    timestamp: Math.floor(Date.now() / 1000),
    workflow_run_id: "7",
  };
  const begin = async (runner: string, content: unknown = JOB) => {
    const file = join(directory, runner, "pre-job-metrics.json");
    await writeFile(`${file}.new`, JSON.stringify(content));
    await rename(`${file}.new`, file);
  };
  const began = (...runners: readonly string[]) =>
    until(`jobs of ${runners.join()}`, () => Promise.resolve(jobs.join() === runners.join()), soon());

  it("hears that a job has begun, once for each runner, and of its end afterwards", async () => {
    ends.follow(["a", "b"]);
    await begin("a");
    await began("a");
    await begin("a");
    await begin("b");
    await began("a", "b");
    await write("a");
    await heard(1);
    expect(jobs).to.deep.equal(["a", "b"]);
  });

  it("hears of a job that began before it listened", async () => {
    await begin("a");
    ends.follow(["a"]);
    await began("a");
  });

  it("believes in no job whose file is not as a guest of the charm writes it", async () => {
    ends.follow(["a", "b"]);
    await begin("a", { ...JOB, repository: "nowhere" });
    await begin("a", "x".repeat(2000));
    await symlink("/etc/hostname", join(directory, "a", "link"));
    await rename(join(directory, "a", "link"), join(directory, "a", "pre-job-metrics.json"));
    await begin("b");
    await began("b");
    await begin("a");
    await began("b", "a");
  });

  it("does not read for ever what a guest writes for ever", async () => {
    ends.follow(["a"]);
    for (let count = 0; count < 150; count += 1) await begin("a", { count });
    await systemClock.wait(100, soon());
    await begin("a");
    ends.follow(["a", "b"]);
    await begin("b");
    await began("b");
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
