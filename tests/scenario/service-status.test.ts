import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { GithubRunnerCharm } from "../../src/charm/charm.ts";
import { LxdMissingError } from "../../src/lxd/errors.ts";
import { ServiceApi } from "../../src/service/service-api.ts";
import type { ServiceStatus } from "../../src/unit/service-status.ts";
import { tellError } from "../../src/unit/told-error.ts";
import { loadMetadata } from "juju-charm/metadata";
import { Context, State } from "juju-charm/testing";
import { lonelyOptions, lonelySystem } from "../charm/lonely-system.ts";

const ROOT = join(import.meta.dirname, "../..");

describe("a hook beside a runner service", () => {
  let directory: string;
  let ctx: Context;
  let api: ServiceApi;
  let status: ServiceStatus;
  let round: () => Promise<ServiceStatus>;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "scenario-"));
    const system = lonelySystem(directory);
    ctx = new Context((framework) => new GithubRunnerCharm(framework, system), {
      metadata: await loadMetadata(ROOT),
    });
    const now = system.clock.now();
    status = {
      unit: "github-runner/0",
      revision: 1,
      program: "test",
      startedAt: now,
      activity: { state: "waiting", until: now + 60_000 },
      checkedAt: now,
      counts: { online: 1, busy: 0, offline: 0, unknown: 0, names: ["a"], busyNames: [], standby: 0 },
      runners: [],
      wanted: 1,
      intervalMs: 600_000,
      capacity: 1,
      image: "current",
      waiting: 0,
      demand: undefined,
      notices: [],
      fault: undefined,
      failures: [],
      nextAttemptAt: undefined,
      settingsFault: undefined,
    };
    round = () => Promise.resolve(status);
    await mkdir(join(system.dataRoot, "github-runner-0"), { recursive: true });
    const path = join(system.dataRoot, "github-runner-0/service.sock");
    api = new ServiceApi({ path, status: () => status, reconcile: () => round() });
    await api.open();
  });
  afterEach(async () => {
    await api.close();
    await rm(directory, { recursive: true, force: true });
  });

  const run = (storedState: State["storedState"] = {}) =>
    ctx.run(ctx.on.updateStatus(), new State({ config: lonelyOptions, storedState }));

  it("lets the service do the round when the timer asks for one, and shows its status after it", async () => {
    round = () => {
      const counts = {
        online: 2,
        busy: 0,
        offline: 0,
        unknown: 0,
        names: ["a", "b"],
        busyNames: [],
        standby: 0,
      };
      status = { ...status, wanted: 2, capacity: 2, counts };
      return Promise.resolve(status);
    };
    const { unitStatus } = await ctx.run(
      ctx.on.custom("reconcile-runners"),
      new State({ config: lonelyOptions }),
    );
    expect(unitStatus).to.include({ name: "active", message: "2 runners: 2 idle" });
  });

  it("does the timer's work itself when the service cannot, has an image to build, or does not answer", async () => {
    const well = status;
    const outcomes = [
      () => Promise.resolve({ ...well, fault: tellError(new LxdMissingError()) }),
      () => Promise.resolve({ ...well, image: "due" as const }),
      () => {
        void api.close();
        return Promise.withResolvers<ServiceStatus>().promise;
      },
    ];
    for (const outcome of outcomes) {
      round = outcome;
      const { unitStatus } = await ctx.run(
        ctx.on.custom("reconcile-runners"),
        new State({ config: lonelyOptions }),
      );
      // No GitHub is there to do it with.
      expect(unitStatus).to.have.property("name", "waiting");
      expect(unitStatus.message).to.include("Cannot find the runner application");
    }
  });

  it("does the timer's work itself, without asking it for a round, beside a service whose rounds have stopped or that is gone", async () => {
    let asked = 0;
    round = () => {
      asked += 1;
      return Promise.resolve(status);
    };
    const now = status.checkedAt ?? 0;
    const stopped: Partial<ServiceStatus>[] = [
      // No round for two intervals.
      { checkedAt: now - 2 * 600_000 },
      // A round that does not end.
      { activity: { state: "working", since: now - 61 * 60_000, why: ["interval"] } },
    ];
    for (const change of [...stopped, "gone"] as const) {
      if (change === "gone") await api.close();
      else status = { ...status, ...change };
      const { unitStatus } = await ctx.run(
        ctx.on.custom("reconcile-runners"),
        new State({ config: lonelyOptions }),
      );
      // No GitHub is there to do it with.
      expect(unitStatus.message).to.include("Cannot find the runner application");
    }
    expect(asked).to.equal(0);
  });

  it("shows what the service tells, and keeps the condition that a hook has met", async () => {
    for (const condition of ["reconcile", "update-status", null]) {
      const { unitStatus, storedState } = await run({ condition });
      expect(unitStatus).to.include({ name: "active", message: "1 runner: 1 idle" });
      expect(storedState["condition"] ?? null).to.equal(condition);
    }
  });

  it("reads no options while the service is well: a hook has validated them, or has paused the service", async () => {
    const out = await ctx.run(ctx.on.updateStatus(), new State({ config: { path: "a/b/c/d" } }));
    expect(out.unitStatus).to.include({ name: "active", message: "1 runner: 1 idle" });
    status = { ...status, activity: { state: "paused", reason: "path" } };
    const paused = await ctx.run(ctx.on.updateStatus(), new State({ config: { path: "a/b/c/d" } }));
    expect(paused.unitStatus.name).to.equal("blocked");
  });

  it("shows why the service's rounds do nothing", async () => {
    const missing = new LxdMissingError();
    status = { ...status, fault: tellError(missing) };
    const { unitStatus } = await run();
    expect(unitStatus).to.include({ name: "blocked", message: missing.message });
  });

  it("looks itself while the service has no image, or knows no status for what it met", async () => {
    for (const change of [{ image: "missing" }, { fault: tellError(new TypeError("x")) }] as const) {
      const well = status;
      status = { ...status, ...change };
      const { unitStatus } = await run();
      expect(unitStatus).to.have.property("name", "blocked");
      expect(unitStatus.message).to.include("LXD");
      status = well;
    }
  });
});
