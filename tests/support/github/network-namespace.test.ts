import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { StandInProcess } from "./stand-in-process.ts";
import { soon } from "../patience.ts";

// Of this run: tests of another must not be taken for what a killed one left.
const NAME = `gh-${process.pid}`;

describe("StandInProcess", () => {
  let directory: string;
  const signal = soon;

  before(function () {
    // Namespaces are root's.
    if (process.getuid?.() !== 0) this.skip();
  });

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "stand-in-process-"));
  });

  afterEach(async () => {
    await rm(directory, { recursive: true });
  });

  const start = () =>
    StandInProcess.start(
      { controlSocket: join(directory, "control.sock"), archives: [], namespace: { name: NAME } },
      signal(),
    );

  it("listens at an address that is not the machine's, and is steered from outside its namespace", async () => {
    const standIn = await start();
    try {
      expect((await fetch(`${standIn.url}/api/v3/rate_limit`)).status).to.equal(401);
      expect(await standIn.control.call("requests", null, signal())).to.have.lengthOf(1);
    } finally {
      await standIn.stop(signal());
    }
  });

  it("takes the place of one that was killed", async () => {
    await start();
    const second = await start();
    expect(await second.control.call("list-runners", null, signal())).to.deep.equal([]);
    await second.stop(signal());
  });
});
