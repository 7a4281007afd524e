import { spawn, type ChildProcess } from "node:child_process";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import type { Server } from "node:net";
import { expect } from "chai";
import { ProcessLock } from "../src/process-lock.ts";

const HOLDER = new URL("process-lock-holder.ts", import.meta.url).pathname;
/** Told of by Node.js, with the server, when one is to listen. */
const LISTENS = "tracing:net.server.listen:asyncStart";
const unaborted = () => new AbortController().signal;

describe("ProcessLock", () => {
  const holders: ChildProcess[] = [];
  let locks = 0;
  let name = "";

  beforeEach(() => {
    name = `process-lock-test-${process.pid}-${++locks}`;
  });

  afterEach(() => {
    for (const holder of holders.splice(0)) holder.kill("SIGKILL");
  });

  /** Another process that holds the lock. */
  async function holder(): Promise<ChildProcess> {
    const started = spawn(process.execPath, [HOLDER, name], { stdio: ["ignore", "pipe", "inherit"] });
    holders.push(started);
    await once(started.stdout, "data");
    return started;
  }

  it("is held while its work runs, and free afterwards", async () => {
    const lock = new ProcessLock(name);
    expect(await lock.isHeld()).to.equal(false);
    const held = await lock.run(() => new ProcessLock(name).isHeld(), unaborted());
    expect(held).to.equal(true);
    expect(await lock.isHeld()).to.equal(false);
  });

  it("is free when its work fails", async () => {
    const lock = new ProcessLock(name);
    const fault = new Error("no");
    const thrown = await lock.run(() => Promise.reject(fault), unaborted()).catch((error: unknown) => error);
    expect(thrown).to.equal(fault);
    expect(await lock.isHeld()).to.equal(false);
  });

  it("stays held whenever the kernel cannot accept a connection", async () => {
    const servers: Server[] = [];
    const keep = (listened: unknown) => {
      servers.push((listened as { readonly server: Server }).server);
    };
    subscribe(LISTENS, keep);
    const held = await new ProcessLock(name)
      .run(() => {
        for (const server of [...servers, ...servers]) server.emit("error", new Error("accept ENOMEM"));
        return new ProcessLock(name).isHeld();
      }, unaborted())
      .finally(() => unsubscribe(LISTENS, keep));
    expect([servers.length, held]).to.deep.equal([1, true]);
  });

  it("lets one in at a time", async () => {
    let inside = 0;
    let most = 0;
    const work = async () => {
      most = Math.max(most, ++inside);
      await new Promise((resolve) => setImmediate(resolve));
      inside -= 1;
    };
    await Promise.all(Array.from({ length: 8 }, () => new ProcessLock(name).run(work, unaborted())));
    expect(most).to.equal(1);
  });

  it("is no matter of locks of other names", async () => {
    await new ProcessLock(name).run(async () => {
      expect(await new ProcessLock(`${name}-other`).isHeld()).to.equal(false);
    }, unaborted());
  });

  it("is seen from another process", async () => {
    await holder();
    expect(await new ProcessLock(name).isHeld()).to.equal(true);
  });

  it("passes to who waits as soon as its process is killed", async () => {
    const other = await holder();
    const acquired = new ProcessLock(name).acquire(unaborted());
    expect(
      await Promise.race([acquired, new Promise((resolve) => setTimeout(resolve, 50, "waiting"))]),
    ).to.equal("waiting");
    other.kill("SIGKILL");
    const release = await acquired;
    expect(await new ProcessLock(name).isHeld()).to.equal(true);
    await release();
  });

  it("is waited for no longer than the signal allows", async () => {
    await holder();
    const abort = new AbortController();
    const waiting = new ProcessLock(name).acquire(abort.signal).catch((thrown: unknown) => thrown);
    const reason = new Error("the unit is stopping");
    setTimeout(() => {
      abort.abort(reason);
    }, 20);
    expect(await waiting).to.equal(reason);
  });

  it("is not taken for an aborted signal", async () => {
    const reason = new Error("the unit is stopping");
    const thrown = await new ProcessLock(name)
      .acquire(AbortSignal.abort(reason))
      .catch((error: unknown) => error);
    expect(thrown).to.equal(reason);
    expect(await new ProcessLock(name).isHeld()).to.equal(false);
  });

  it("tells its holder once another process waits for it, and not that one looks whether it is held", async () => {
    let waiter: ChildProcess | undefined;
    await new ProcessLock(name).run(async (wanted) => {
      expect(await new ProcessLock(name).isHeld()).to.equal(true);
      // The second one is answered after what the first one has sent.
      expect(await new ProcessLock(name).isHeld()).to.equal(true);
      expect(wanted.aborted).to.equal(false);
      const told = once(wanted, "abort");
      waiter = spawn(process.execPath, [HOLDER, name], { stdio: ["ignore", "pipe", "inherit"] });
      holders.push(waiter);
      await told;
    }, unaborted());
    if (waiter?.stdout) await once(waiter.stdout, "data");
    expect(await new ProcessLock(name).isHeld()).to.equal(true);
  });

  it("tells a holder nothing of who waited for the one before", async () => {
    let next: Promise<boolean> | undefined;
    await new ProcessLock(name).run(async (wanted) => {
      next = new ProcessLock(name).run((later) => Promise.resolve(later.aborted), unaborted());
      await once(wanted, "abort");
    }, unaborted());
    expect(await next).to.equal(false);
  });
});
