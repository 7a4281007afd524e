import { once } from "node:events";
import { expect } from "chai";
import { LockedError, PatientLock } from "../src/patient-lock.ts";
import { ProcessLock } from "../src/process-lock.ts";

describe("PatientLock", () => {
  const signal = new AbortController().signal;
  const name = `patient-lock-test-${process.pid}`;
  let told: string[] = [];
  const patient = (limitMs: number, onWait: () => void = () => undefined) =>
    new PatientLock(new ProcessLock(name), {
      holder: "another reconcile",
      limitMs,
      onWait: (message) => {
        told.push(message);
        onWait();
      },
    });

  beforeEach(() => {
    told = [];
  });

  it("says nothing where nobody holds it", async () => {
    expect(await patient(1000).run(() => Promise.resolve("done"), signal)).to.equal("done");
    expect(told).to.deep.equal([]);
  });

  it("says whom it waits for, and goes on when that one is done", async () => {
    const release = await new ProcessLock(name).acquire(signal);
    const patiently = patient(60_000, () => void release());
    expect(await patiently.run(() => Promise.resolve("done"), signal)).to.equal("done");
    expect(told).to.deep.equal(["Waiting for another reconcile to end"]);
  });

  it("gives up after its limit, without the work", async () => {
    const release = await new ProcessLock(name).acquire(signal);
    let worked = false;
    const thrown: unknown = await patient(20)
      .run(() => {
        worked = true;
        return Promise.resolve();
      }, signal)
      .catch((error: unknown) => error);
    expect(thrown).to.be.instanceOf(LockedError);
    expect(worked).to.equal(false);
    await release();
  });

  it("gives up when its caller does, with the caller's reason", async () => {
    const release = await new ProcessLock(name).acquire(signal);
    const caller = new AbortController();
    const running = patient(60_000).run(() => Promise.resolve(), caller.signal);
    const reason = new Error("the dispatch ends");
    setTimeout(() => {
      caller.abort(reason);
    }, 10);
    expect(await running.catch((error: unknown) => error)).to.equal(reason);
    await release();
  });

  it("tells its work once another caller waits", async () => {
    let next: Promise<string> | undefined;
    await patient(60_000).run(async (wanted) => {
      expect(wanted.aborted).to.equal(false);
      next = patient(60_000).run(() => Promise.resolve("done"), signal);
      await once(wanted, "abort");
    }, signal);
    expect(await next).to.equal("done");
  });
});
