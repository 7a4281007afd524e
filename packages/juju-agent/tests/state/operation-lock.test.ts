import { expect } from "chai";
import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { operationLock } from "../../src/state/operation-lock.ts";
import { NEVER } from "../tiny-charm.ts";

describe("operationLock()", () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "agent-lock-"));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  it("is the same for all paths to a directory", async () => {
    const link = `${directory}-link`;
    await symlink(directory, link);
    const release = await (await operationLock(directory)).acquire(NEVER);
    expect(await (await operationLock(link)).isHeld()).to.be.true;
    await release();
    expect(await (await operationLock(link)).isHeld()).to.be.false;
    await rm(link);
  });

  it("is a different one for another directory", async () => {
    const release = await (await operationLock(directory)).acquire(NEVER);
    expect(await (await operationLock(join(directory, "below"))).isHeld()).to.be.false;
    await release();
  });

  it("admits all callers, one at a time", async () => {
    let inside = 0;
    let most = 0;
    const enter = async () => {
      const release = await (await operationLock(directory)).acquire(NEVER);
      inside += 1;
      most = Math.max(most, inside);
      await new Promise((resolve) => setTimeout(resolve, 5));
      inside -= 1;
      await release();
    };
    await Promise.all(Array.from({ length: 10 }, enter));
    expect(most).to.equal(1);
  });
});
