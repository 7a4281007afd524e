import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { silentLogger } from "charm-kit";
import { openRecords, readStanding } from "../../src/unit/unit-records.ts";
import { rejection } from "../support/rejection.ts";
import { useTemporaryDirectory } from "../support/temporary-directory.ts";

const NOW = Date.parse("2026-11-20T00:00:00Z");
const NONE = { good: 0, total: 0 };
const standing = {
  month: "2026-11",
  refill: { good: 4, total: 5 },
  wait: { good: 1, total: 2 },
  job: { good: 5, total: 5 },
};

describe("readStanding()", () => {
  const directory = useTemporaryDirectory();
  const records = () => openRecords(directory.path, silentLogger);

  it("has the results of hooks and of the service together", async () => {
    await records().objective.write({ standing, vacantSince: [NOW - 5] });
    await records().assignedWaits.write({ ...standing, refill: NONE, job: NONE });
    expect(await readStanding(records(), NOW)).to.deep.equal({ ...standing, wait: { good: 2, total: 4 } });
    expect(await records().objective.read()).to.deep.equal({ standing, vacantSince: [NOW - 5] });
  });

  it("has nothing of an earlier month, and nothing where the records are damaged", async () => {
    const none = { refill: NONE, wait: NONE, job: NONE };
    await records().objective.write({ standing, vacantSince: [] });
    const december = Date.parse("2026-12-02T00:00:00Z");
    expect(await readStanding(records(), december)).to.deep.equal({ month: "2026-12", ...none });
    for (const text of ["", "{", '{"standing":{"month":"2026-11"},"vacantSince":[]}', "[]"]) {
      await writeFile(join(directory.path, "objective.json"), text);
      expect(await readStanding(records(), NOW), text).to.deep.equal({ month: "2026-11", ...none });
    }
  });

  it("reads no more vacant places than a unit can have, and only times", async () => {
    const vacantSince = [...Array.from({ length: 600 }, (_, at) => at), null, "x"];
    await writeFile(join(directory.path, "objective.json"), JSON.stringify({ standing, vacantSince }));
    expect((await records().objective.read())?.vacantSince).to.have.lengthOf(500);
  });
});

describe("openRecords()", () => {
  const directory = useTemporaryDirectory();

  it("fails no round where nothing can be written, but for what has to be kept before it is acted on", async () => {
    const file = join(directory.path, "file");
    await writeFile(file, "");
    const records = openRecords(join(file, "unit"), silentLogger);
    const application = { version: "2.337.0", checkedAt: NOW, seenAt: NOW };
    await records.application.write(application);
    expect(await records.application.read()).to.deep.equal(application);
    await records.imageFailure.write(null);
    await records.imageTrial.write({ template: "t", failures: 1, reason: undefined });
    await records.earlyEnds.write(null);
    const heard = {
      key: "k",
      lastMessageId: 0,
      assigned: 0,
      running: 0,
      heardAt: NOW,
      waitingSince: undefined,
    };
    for (const kept of [
      () => records.demand.write(heard),
      () => records.installed.write({ "base-image": "i", "runner-storage": "s" }),
    ]) {
      expect(await rejection(kept())).to.be.an("error");
    }
  });
});
