import { expect } from "chai";
import { CAPSULE_LIMITS, LogKeeper, type CapsuleLimits } from "../../src/runners/log-keeper.ts";
import { createLogger } from "charm-kit";
import { FakeRunnerLogs } from "./fake-runner-logs.ts";
import { options, runnerName } from "./fake-process.ts";
import { FakeSite } from "./fake-site.ts";
import { PortCalls } from "./port-calls.ts";

const [A, B] = [runnerName(1), runnerName(2)];
const DAY_MS = 86_400_000;

describe("LogKeeper", () => {
  let site: FakeSite;
  let logs: FakeRunnerLogs;
  let keeper: LogKeeper;
  let keeperWith: (limits: Partial<CapsuleLimits>) => LogKeeper;
  let warnings: string[];

  beforeEach(() => {
    site = new FakeSite();
    logs = new FakeRunnerLogs(site, new PortCalls());
    warnings = [];
    const dependencies = {
      logs,
      names: options.names,
      clock: { now: () => site.now, wait: () => Promise.reject(new Error("nothing waits")) },
      log: createLogger(
        (_level, line) => warnings.push(line),
        (text) => text,
      ),
    };
    keeperWith = (limits) => new LogKeeper(dependencies, { ...CAPSULE_LIMITS, ...limits });
    keeper = keeperWith({});
  });

  it("deletes the unit's logs after seven days, and nobody else's", async () => {
    logs.put(A, site.now - 7 * DAY_MS);
    logs.put(B, site.now - 7 * DAY_MS + 1);
    logs.put("somebody-elses", 0);
    await keeper.sweep();
    expect([...logs.there.keys()]).to.deep.equal([B, "somebody-elses"]);
  });

  it("deletes the oldest of more than fifty, and nobody else's", async () => {
    for (let made = 1; made <= 53; made++) logs.put(runnerName(made), site.now - made);
    logs.put("somebody-elses", 0);
    await keeper.sweep();
    const left = [...logs.there.keys()];
    expect(left)
      .to.have.length(51)
      .and.to.include.members([runnerName(1), runnerName(50), "somebody-elses"]);
  });

  it("deletes the oldest of more than 256 MiB, and does not count what others have", async () => {
    const third = 100 * 2 ** 20;
    for (let made = 1; made <= 4; made++) logs.put(runnerName(made), site.now - made, third);
    logs.put("somebody-elses", site.now, 10 * third);
    await keeper.sweep();
    expect([...logs.there.keys()]).to.deep.equal([A, B, "somebody-elses"]);
  });

  it("keeps as many, as much and as long as the unit's configuration says", async () => {
    for (let made = 1; made <= 6; made++) logs.put(runnerName(made), site.now - made * DAY_MS, 10);
    await keeperWith({ count: 5 }).sweep();
    expect([...logs.there.keys()]).to.deep.equal([1, 2, 3, 4, 5].map(runnerName));
    await keeperWith({ bytes: 40 }).sweep();
    expect([...logs.there.keys()]).to.deep.equal([1, 2, 3, 4].map(runnerName));
    await keeperWith({ ageMs: 3 * DAY_MS }).sweep();
    expect([...logs.there.keys()]).to.deep.equal([1, 2].map(runnerName));
  });

  it("keeps the limits with each capsule, when many runners end at once", async () => {
    const most = keeperWith({ count: 3 });
    const signal = new AbortController().signal;
    const counts: number[] = [];
    for (let made = 1; made <= 20; made++) {
      site.now += 1;
      await most.keep(
        { runner: runnerName(made), cause: "its application ended with 3", at: site.now },
        signal,
      );
      counts.push(logs.there.size);
    }
    expect(Math.max(...counts)).to.equal(3);
    expect([...logs.there.keys()]).to.deep.equal([18, 19, 20].map(runnerName));
  });

  it("touches none that are being written, and deletes those that a killed process has left", async () => {
    logs.put(A, site.now - 1, 0, true);
    logs.put(B, site.now - 2 * 3_600_000, 0, true);
    logs.put(runnerName(3), site.now);
    logs.put(runnerName(4), site.now - 5);
    await keeperWith({ count: 1 }).sweep();
    expect([...logs.there.keys()]).to.deep.equal([A, runnerName(3)]);
  });

  it("fails nothing when they cannot be deleted", async () => {
    logs.put(A, 0);
    logs.delete = () => Promise.reject(new Error("read-only file system"));
    await keeper.sweep();
    expect(warnings.join()).to.include("read-only file system");
  });

  it("deletes all of the unit's when it leaves", async () => {
    logs.put(A, site.now);
    logs.put("somebody-elses", site.now);
    await keeper.remove();
    expect([...logs.there.keys()]).to.deep.equal(["somebody-elses"]);
  });
});
