import { mkdir, readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { EventSpool, type UnitEvent } from "../../src/metrics/event-spool.ts";
import { useTemporaryDirectory } from "../support/temporary-directory.ts";

const step = (duration: number): UnitEvent => ({ event: "first_step", duration });

describe("EventSpool", () => {
  const directory = useTemporaryDirectory();
  const spool = () => new EventSpool(directory.path);
  const path = (...parts: readonly string[]) => join(directory.path, "metric-events", ...parts);

  it("take() returns what any process has put, once and in order", async () => {
    expect(await spool().take()).to.deep.equal([]);
    await spool().put([step(2)], 20);
    await spool().put([step(0), step(1)], 10);
    expect(await spool().take()).to.deep.equal([step(0), step(1), step(2)]);
    expect(await spool().take()).to.deep.equal([]);
    expect((await stat(path())).mode & 0o777).to.equal(0o700);
  });

  it("take() loses nothing that is put at the same time", async () => {
    const taken: UnitEvent[] = [];
    const put = Promise.all(
      Array.from({ length: 200 }, (_, index) => spool().put([step(index)], 1000 + index)),
    );
    const take = async () => {
      for (let round = 0; round < 50; round += 1) taken.push(...(await spool().take()));
    };
    await Promise.all([put, take()]);
    taken.push(...(await spool().take()));
    expect(
      taken.map((event) => ("duration" in event ? event.duration : -1)).sort((a, b) => a - b),
    ).to.deep.equal(Array.from({ length: 200 }, (_, index) => index));
  });

  it("take() drops damaged batches, and leaves unfinished ones", async () => {
    await mkdir(path(), { recursive: true });
    await writeFile(path("1-aa.json"), "[{");
    await writeFile(path("2-aa.json"), JSON.stringify([7, null, { event: 3 }, step(5)]));
    await writeFile(path(".3-aa.json"), "[");
    expect(await spool().take()).to.deep.equal([step(5)]);
    expect(await readdir(path())).to.deep.equal([".3-aa.json"]);
  });

  it("put() is bounded while nobody takes", async () => {
    await mkdir(path(), { recursive: true });
    await Promise.all(Array.from({ length: 1000 }, (_, index) => writeFile(path(`${index}-aa.json`), "[]")));
    await spool().put([step(1)], 5000);
    expect(await readdir(path())).to.have.lengthOf(1000);
  });
});
