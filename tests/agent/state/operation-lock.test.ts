import { expect } from "chai";
import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { OperationLock } from "../../../src/agent/state/operation-lock.ts";
import { rejection } from "../rejection.ts";
import { NEVER } from "../tiny-charm.ts";

describe("OperationLock", () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "agent-lock-"));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  it("is one for all paths of a directory", async () => {
    const link = `${directory}-link`;
    await symlink(directory, link);
    const held = await (await OperationLock.of(directory)).acquire(NEVER);
    expect(await (await OperationLock.of(link)).isHeld()).to.be.true;
    await held.release();
    expect(await (await OperationLock.of(link)).isHeld()).to.be.false;
    await rm(link);
  });

  it("acquire() lets everybody in, one at a time", async () => {
    let inside = 0;
    let most = 0;
    const enter = async () => {
      const held = await (await OperationLock.of(directory)).acquire(NEVER);
      inside += 1;
      most = Math.max(most, inside);
      await new Promise((resolve) => setTimeout(resolve, 5));
      inside -= 1;
      await held.release();
    };
    await Promise.all(Array.from({ length: 10 }, enter));
    expect(most).to.equal(1);
  });

  it("acquire() gives up waiting when its signal is aborted, and leaves the lock free for others", async () => {
    const lock = await OperationLock.of(directory);
    const held = await lock.acquire(NEVER);
    const controller = new AbortController();
    const waiting = rejection(lock.acquire(controller.signal));
    controller.abort(new Error("enough"));
    expect((await waiting).message).to.equal("enough");
    await held.release();
    await (await lock.acquire(NEVER)).release();
  });
});
