import { expect } from "chai";
import { ActionsService } from "./actions-service.ts";
import type { ActionsServiceOptions } from "./actions-service-options.ts";
import type { RunnerRecord } from "./runner-record.ts";
import type { Scope } from "./scope.ts";
import { VirtualClock } from "./virtual-clock.ts";

const MINUTE_MS = 60_000;

describe("ActionsService", () => {
  const clocks: VirtualClock[] = [];

  afterEach(() => {
    for (const clock of clocks.splice(0)) clock.close();
  });

  const start = (options: ActionsServiceOptions = {}) => {
    const clock = new VirtualClock();
    clocks.push(clock);
    return { clock, service: new ActionsService(clock, options) };
  };
  const register = (
    service: ActionsService,
    name: string,
    scope: Scope = "orgs/octo",
    labels = ["linux"],
  ) => {
    const runner = service.register({
      scope,
      name,
      labels,
      groupId: 1,
      ephemeral: true,
      workFolder: "_work",
    });
    if (!runner) throw new Error(`There is a runner ${name}.`);
    return runner;
  };
  const connect = (service: ActionsService, name: string, scope?: Scope, labels?: string[]): RunnerRecord => {
    const runner = register(service, name, scope, labels);
    service.connect(runner, { version: "2.337.0", os: "linux" });
    return runner;
  };
  const job = { repository: "octo/hello", labels: ["LINUX"] };

  it("gives a job to an idle runner that has its labels, whatever their case", () => {
    const { service } = start();
    connect(service, "other", "orgs/octo", ["windows"]);
    connect(service, "elsewhere", "repos/octo/other");
    register(service, "offline");
    const runner = connect(service, "right");
    const queued = service.queue(job);
    expect(queued.runner?.name).to.equal("right");
    expect(runner).to.include({ jobId: queued.id, busy: false });
    expect(service.queue(job).runner).to.be.undefined;
  });

  it("keeps the registration of a busy runner, and drops it with the job's end", () => {
    const { service } = start();
    const runner = connect(service, "one");
    const queued = service.queue(job);
    expect(service.acquire(runner, queued)).to.be.true;
    expect(service.remove(runner)).to.equal("busy");
    service.complete(queued, "success");
    expect(queued).to.include({ status: "completed", conclusion: "success" });
    expect(service.runners.size).to.equal(0);
    expect(service.whoProves(runner.proof)).to.equal("spent");
  });

  it("puts a job back whose runner is deleted before it took it", () => {
    const { service } = start();
    const first = connect(service, "first");
    const queued = service.queue(job);
    const second = connect(service, "second");
    expect(service.remove(first)).to.equal("gone");
    expect(queued).to.include({ status: "queued", assignments: 2 });
    expect(queued.runner?.id).to.equal(second.id);
    expect(service.acquire(first, queued)).to.be.false;
  });

  it("puts a job back that its runner leaves untouched for a minute", () => {
    const { clock, service } = start({ offlineAfterMs: 10_000 });
    const frozen = connect(service, "frozen");
    const queued = service.queue(job);
    clock.advance(MINUTE_MS);
    expect(queued.runner).to.be.undefined;
    expect(frozen).to.include({ status: "offline", jobId: undefined });
  });

  it("takes silence for being offline, and the next word for being back", () => {
    const { clock, service } = start({ offlineAfterMs: 5000 });
    const runner = connect(service, "one");
    clock.advance(5000);
    expect(runner.status).to.equal("offline");
    service.touch(runner);
    expect(runner.status).to.equal("online");
  });

  it("fails a job whose runner is lost once its lock has run out; until then the runner is offline and busy", () => {
    const { clock, service } = start();
    const runner = connect(service, "one");
    const queued = service.queue(job);
    service.acquire(runner, queued);
    clock.advance(2 * MINUTE_MS);
    expect(runner).to.include({ status: "offline", busy: true });
    expect(service.remove(runner)).to.equal("busy");
    clock.advance(8 * MINUTE_MS);
    expect(queued).to.include({ conclusion: "failure" });
    expect(queued.annotation).to.contain("lost communication");
    expect(service.runners.size).to.equal(0);
  });

  it("forgets a registration whose runner has not connected for a day", () => {
    const { clock, service } = start();
    register(service, "one");
    clock.advance(24 * 60 * MINUTE_MS);
    expect(service.runners.size).to.equal(0);
  });

  it("cancels a job that no runner takes for a day", () => {
    const { clock, service } = start();
    const queued = service.queue(job);
    clock.advance(24 * 60 * MINUTE_MS);
    expect(queued).to.include({ status: "completed", conclusion: "cancelled" });
  });

  it("refuses a second session of a runner that is online", () => {
    const { service } = start();
    const runner = connect(service, "one");
    expect(service.connect(runner, { version: "2.337.0", os: "linux" })).to.be.undefined;
  });
});
