import { expect } from "chai";
import { createLogger, silentLogger, systemClock } from "charm-kit";
import * as fc from "fast-check";
import { DemandListener } from "../../src/service/demand-listener.ts";
import { JobRoom } from "../../src/service/job-room.ts";
import type { DemandSession } from "../../src/service/ports.ts";
import { never } from "../runners/test-replanning.ts";
import type { MessageFault } from "../support/github/state/scale-set-record.ts";
import { rejection } from "../support/rejection.ts";
import { soon } from "../support/patience.ts";
import { until } from "../support/rig/until.ts";
import { DemandSite } from "./demand-site.ts";

const signal = new AbortController().signal;
const MINUTE_MS = 60_000;

describe("DemandListener", function () {
  this.timeout(180_000);
  let site: DemandSite;
  const heard = () => site.heard;
  const sets = () => [...site.standIn.scaleSets.all.values()];
  /** How often the figures of the scale set were read. */
  const figures = () =>
    site.standIn.requests.filter(
      ({ method, path }) => method === "GET" && /\/runnerscalesets\/\d+(?:\?|$)/.test(path),
    ).length;
  const unacknowledged = () => sets().flatMap((set) => set.batches).length;

  beforeEach(async () => {
    site = await DemandSite.start();
  });
  afterEach(() => site.close());

  it("makes the scale set, hears of jobs that come and go, and is assigned no more than the unit may have", async () => {
    const { listener } = site.listen({ capacity: 3 });
    await site.knows(0);
    await listener.asked(signal);
    await site.queue(5);
    await site.knows(3);
    expect(sets().map(({ name, labels, disableUpdate }) => ({ name, labels, disableUpdate }))).to.deep.equal([
      { name: "runners-0", labels: ["linux", "x64"], disableUpdate: true },
    ]);
    expect(site.heard?.waitingSince).to.be.a("number");
    await site.cancelAll();
    await site.knows(0);
    expect(site.heard?.waitingSince).to.equal(undefined);
    expect(site.told.at(-1)).to.equal(0);
  });

  it("tells the metrics of its session, of jobs, and of its end", async () => {
    const { kill } = site.listen();
    await site.queue(2);
    await site.knows(2);
    expect(site.shown[0]).to.include({ session: "opening", assigned: 0 });
    expect(site.shown.at(-1)).to.include({ session: "open", assigned: 2, running: 0 });
    expect(site.shown.at(-1)?.waitingSince).to.be.a("number");
    await kill();
    expect(site.shown.at(-1)).to.equal(undefined);
    site.listen();
    await until(
      "a failure beside the session of a killed process",
      () => Promise.resolve(site.shown.at(-1)?.session === "failing"),
      soon(),
    );
  });

  it("measures how long jobs were assigned until a runner took them, each once", async () => {
    await site.standIn.control("add-message-faults", ["repeated", "repeated"]);
    const forge = site.forge();
    site.listen();
    await site.queue(1);
    await site.knows(1);
    site.standIn.service.clock.advance(7000);
    const { id } = (await forge.scaleSet?.register("runners-0-1", signal)) ?? { id: 0 };
    const runner = site.standIn.service.runners.get(id);
    if (!runner) throw new Error("There is no runner.");
    site.standIn.service.connect(runner, { version: "2.337.0", os: "linux" });
    runner.openPolls += 1;
    const [job] = site.standIn.service.jobs.values();
    if (!job) throw new Error("There is no job.");
    site.standIn.service.acquire(runner, job);
    await until("a wait", () => Promise.resolve(site.waits.length > 0), soon());
    await site.queue(1);
    await site.hears((site.heard?.lastMessageId ?? 0) + 1);
    expect(site.waits).to.have.lengthOf(1);
    expect(site.waits[0]).to.be.within(7000, 60_000);
    forge.close();
  });

  it("acknowledges a message only after a round has acted on it", async () => {
    const { listener } = site.listen();
    await site.queue(1);
    await site.knows(1);
    expect(unacknowledged()).to.equal(1);
    await listener.acted(listener.pending, signal);
    expect(unacknowledged()).to.equal(0);
    expect(listener.pending).to.deep.equal([]);
  });

  it("acknowledges a message after a later round where GitHub did not answer after the first one", async () => {
    const acknowledged: number[] = [];
    let isAway = true;
    const batch = { id: 7, figures: undefined, offered: [], queuedAt: [], waits: [] };
    const session: DemandSession = {
      figures: undefined,
      poll: ({ lastMessageId }, limited) => (lastMessageId < 7 ? Promise.resolve(batch) : never(limited)),
      acknowledge: (id) => {
        if (isAway) return Promise.reject(new Error("no answer"));
        acknowledged.push(id);
        return Promise.resolve();
      },
      acquire: () => Promise.resolve(undefined),
      close: () => Promise.resolve(),
    };
    const listener = new DemandListener({
      source: {
        ensure: () => Promise.resolve(1),
        open: () => Promise.resolve(session),
        figures: () => Promise.resolve(undefined),
      },
      record: { read: () => Promise.resolve(null), write: () => Promise.resolve() },
      ...{ key: "key", capacity: () => 1, onChange: () => undefined, random: () => 0.5 },
      ...{ clock: systemClock, log: silentLogger },
    });
    const ended = new AbortController();
    const running = rejection(listener.run(ended.signal));
    await until("a message", () => Promise.resolve(listener.pending.length > 0), soon());
    await listener.acted(listener.pending, signal);
    expect([listener.pending, acknowledged]).to.deep.equal([[7], []]);
    isAway = false;
    await listener.acted(listener.pending, signal);
    expect([listener.pending, acknowledged]).to.deep.equal([[], [7]]);
    ended.abort(new Error("over"));
    expect(await running).to.include({ message: "over" });
  });

  it("hears of later messages although GitHub refuses jobs that it has offered, whose message is not acknowledged", async () => {
    const batches = [1, 2].map((id) => ({
      ...{ id, figures: undefined, offered: [id], queuedAt: [], waits: [] },
    }));
    const lines: string[] = [];
    const listener = new DemandListener({
      source: {
        ensure: () => Promise.resolve(1),
        open: () =>
          Promise.resolve({
            figures: undefined,
            poll: ({ lastMessageId }, limited) => {
              const next = batches.find(({ id }) => id > lastMessageId);
              return next ? Promise.resolve(next) : never(limited);
            },
            acknowledge: () => Promise.resolve(),
            acquire: ([job]) => Promise.resolve(job === 1 ? "it is no job" : undefined),
            close: () => Promise.resolve(),
          }),
        figures: () => Promise.resolve(undefined),
      },
      record: { read: () => Promise.resolve(null), write: () => Promise.resolve() },
      ...{ key: "key", capacity: () => 1, onChange: () => undefined, random: () => 0.5 },
      clock: systemClock,
      log: createLogger(
        (level, line) => lines.push(`${level} ${line}`),
        (text) => text,
      ),
    });
    const ended = new AbortController();
    const running = rejection(listener.run(ended.signal));
    await until("a message", () => Promise.resolve(listener.pending.length > 0), soon());
    expect(listener.pending).to.deep.equal([2]);
    expect(listener.fault).to.equal(undefined);
    const warnings = lines.filter((line) => line.startsWith("WARNING"));
    expect(warnings).to.have.length(1);
    expect(warnings[0]).to.match(/GitHub refuses jobs that it has offered .*it is no job/);
    ended.abort(new Error("over"));
    await running;
  });

  it("acquires jobs that are offered", async () => {
    await site.standIn.control("set-scale-sets", { offersJobs: true });
    site.listen();
    await site.queue(2);
    await site.knows(2);
  });

  it("knows of the jobs beside the session of a killed process, and listens once GitHub has ended it", async () => {
    const first = site.listen();
    await site.queue(1);
    await site.knows(1);
    await first.kill();
    site.heard = null;
    const { listener } = site.listen();
    await site.knows(1);
    expect(listener.fault).to.match(
      /another session of this scale set is alive; GitHub ends it within minutes/,
    );
    // Hooks show it too.
    expect(heard()?.fault).to.equal(listener.fault);
    site.standIn.service.clock.advance(5 * MINUTE_MS);
    await site.queue(1);
    await site.hears(2);
    await site.knows(2);
    expect(listener.fault).to.equal(undefined);
    expect(heard()?.fault).to.equal(undefined);
    expect(heard()?.repositories).to.deep.equal(["octo/hello"]);
  });

  it("asks GitHub nothing while a rate limit lasts, and listens after it", async () => {
    const fault = { kind: "secondary-rate-limit", status: 403, retryAfterSeconds: 1800 } as const;
    await site.standIn.control("add-fault", { route: "registration-token", fault });
    site.listen();
    await site.knows(0);
    expect(site.shown.map((shown) => shown?.session)).to.include("failing");
    expect(Math.max(...site.pauses)).to.be.within(1_700_000, 1_801_000);
  });

  it("goes on after the last message that a killed process has kept", async () => {
    const first = site.listen();
    await site.queue(1);
    await site.knows(1);
    const { lastMessageId } = site.heard ?? { lastMessageId: 0 };
    await first.kill();
    site.standIn.service.clock.advance(5 * MINUTE_MS);
    site.listen();
    await site.queue(1);
    await site.knows(2);
    await site.hears(lastMessageId + 1);
    const from = new Set(
      site.standIn.requests
        .filter(({ route }) => route === "scale-set-messages")
        .map(({ path }) => Number(new URL(path, "http://localhost").searchParams.get("lastMessageId") ?? 0)),
    );
    // 0 at the first poll of the first process alone.
    expect([...from].sort()).to.include.members([0, lastMessageId]);
    expect(site.heard?.lastMessageId).to.equal(lastMessageId + 1);
  });

  it("reads GitHub's figures when messages are lost", async () => {
    site.listen();
    await site.knows(0);
    await site.queue(2);
    await site.knows(2);
    // Jobs end, and no message tells it.
    await site.standIn.control("add-message-faults", ["lost", "lost", "lost"]);
    await site.cancelAll();
    await site.knows(0);
  });

  it("reads GitHub's figures after the next silence when those of a batch do not count the jobs that it assigns", async () => {
    site.listen();
    await site.knows(0);
    // Without any time that passes: they were read a moment ago.
    await until("a first reading", () => Promise.resolve(figures() > 0), soon());
    await site.standIn.control("add-message-faults", ["early-figures"]);
    await site.queue(1);
    await site.knows(1);
  });

  it("lets the service look again and again while jobs wait, and no more when none does", async () => {
    site.listen();
    await site.queue(1);
    await site.knows(1);
    const looks = site.told.length;
    await site.passes(() => site.told.length > looks + 2);
    await site.cancelAll();
    await site.knows(0);
    const polls = () =>
      site.standIn.requests.filter(({ method, route }) => method === "GET" && route === "scale-set-messages")
        .length;
    const passPolls = (count: number) => {
      const before = polls();
      return site.passes(() => polls() > before + count);
    };
    // GitHub's figures may have told before its message of the same job, which is news too.
    await passPolls(1);
    const after = site.told.length;
    await passPolls(3);
    expect(site.told.length).to.equal(after);
  });

  for (const [title, jobs, limits] of [
    ["jobs that idle runners do not get", 1, {}],
    [
      "more such jobs than the machine holds runners, all of them idle",
      3,
      { capacity: 8, room: new JobRoom(1) },
    ],
  ] as const)
    it(`opens the session again when GitHub counts ${title}`, async () => {
      site.listen(limits);
      await site.knows(0);
      await site.connectRunner();
      const sessions = () =>
        site.standIn.requests.filter(
          ({ method, route }) => method === "POST" && route === "scale-set-sessions",
        ).length;
      expect(sessions()).to.equal(1);
      await site.standIn.control("set-scale-sets", { phantomJobs: jobs });
      await site.queue(0);
      await site.passes(() => sessions() > 1);
    });

  it("finds jobs of which no message comes by GitHub's REST API, and opens the session again", async () => {
    site.listen();
    await site.knows(0);
    await site.standIn.control("add-message-faults", ["session-deaf"]);
    await site.queue(2);
    await site.passes(() => site.heard?.assigned === 2);
    expect(heard()?.suspicion).to.equal(undefined);
    expect(site.standIn.violations).to.deep.equal([]);
  });

  it("acquires jobs whose offer a later message has overtaken, once GitHub's REST API shows that they are missing", async () => {
    await site.standIn.control("set-scale-sets", { offersJobs: true });
    const { listener } = site.listen({ capacity: 100 });
    await site.knows(0);
    await site.standIn.control("add-message-faults", ["reordered"]);
    // More than one message holds.
    await site.queue(60);
    await site.knows(10);
    await site.passes(() => site.heard?.assigned === 60);
    await listener.acted(listener.pending, signal);
    expect(unacknowledged()).to.equal(0);
    await until("the end of the doubt", () => Promise.resolve(heard()?.suspicion === undefined), soon());
  });

  it("tells of jobs that GitHub does not assign to any session, and asks ever more seldom", async () => {
    await site.standIn.control("set-scale-sets", { withholdsJobs: true });
    site.listen();
    await site.knows(0);
    await site.queue(2);
    await site.passes(() => (heard()?.suspicion?.attempts ?? 0) >= 3);
    expect(heard()?.suspicion).to.include({ kind: "missing", jobs: 2, shown: 2 });
    const { attemptedAt = 0, since = 0 } = heard()?.suspicion ?? {};
    // Twenty minutes and forty, as far as the clock goes by minutes.
    expect(attemptedAt - since).to.be.within(55 * MINUTE_MS, 75 * MINUTE_MS);
    await site.standIn.control("set-scale-sets", { withholdsJobs: false });
    await site.knows(2);
    expect(heard()?.suspicion).to.equal(undefined);
  });

  it("opens the session again for jobs that idle runners do not get, after which they do", async () => {
    site.listen();
    await site.knows(0);
    await site.connectRunner();
    await site.standIn.control("add-message-faults", ["session-stuck"]);
    await site.queue(1);
    await site.knows(1);
    const [job] = site.standIn.service.jobs.values();
    let suspicion = heard()?.suspicion;
    await site.passes(() => {
      suspicion = heard()?.suspicion ?? suspicion;
      return job?.runner !== undefined;
    });
    expect(suspicion).to.include({ kind: "unclaimed", jobs: 1, shown: 1 });
    const runner = site.standIn.service.runners.get(job?.runner?.id ?? 0);
    if (!job || !runner) throw new Error("No runner was given the job.");
    site.standIn.service.acquire(runner, job);
    await site.hears((heard()?.lastMessageId ?? 0) + 1);
    expect(heard()?.suspicion).to.equal(undefined);
  });

  it("makes the scale set again when GitHub has deleted it", async () => {
    site.listen();
    await site.knows(0);
    await site.standIn.control("drop-scale-set", { name: "runners-0" });
    await site.queue(1);
    await site.knows(1);
  });

  it("hears the messages of a scale set that is made again, whose numbers begin anew", async () => {
    const { listener } = site.listen();
    await site.queue(1);
    await site.knows(1);
    await site.cancelAll();
    await site.knows(0);
    await listener.acted(listener.pending, signal);
    await site.standIn.control("drop-scale-set", { name: "runners-0" });
    await until(
      "a poll of the new scale set",
      () => Promise.resolve(sets().some(({ session }) => (session?.openPolls ?? 0) > 0)),
      soon(),
    );
    await site.queue(1);
    await until("its first message", () => Promise.resolve(listener.pending.length > 0), soon());
    await site.knows(1);
    await listener.acted(listener.pending, signal);
    expect(unacknowledged()).to.equal(0);
  });

  it("goes on after a time in which the disk was full, and lets the service look at what has changed meanwhile", async () => {
    const { listener } = site.listen();
    await site.knows(0);
    site.isDiskFull = true;
    await site.queue(1);
    await until(
      "why nothing is heard",
      () => Promise.resolve(listener.fault !== undefined && site.pauses.length > 1),
      soon(),
    );
    expect(listener.fault).to.match(/^ENOSPC/);
    site.isDiskFull = false;
    await site.knows(1);
    await until("a reason to look", () => Promise.resolve(site.told.at(-1) === 1), soon());
    await until("the end of the fault", () => Promise.resolve(listener.fault === undefined), soon());
  });

  it("makes polls that are not let wait ever more seldom, and still hears of jobs", async () => {
    site.listen();
    await until("pauses between polls", () => Promise.resolve(site.pauses.length >= 5), soon());
    expect(site.pauses.slice(0, 5)).to.deep.equal([2000, 4000, 8000, 10_000, 10_000]);
    await site.queue(1);
    await site.knows(1);
  });

  it("ends its session when it is stopped, and so lets the next begin at once", async () => {
    site.listen();
    await site.knows(0);
    await site.close();
    expect(sets().map(({ session }) => session)).to.deep.equal([undefined]);
    site = await DemandSite.start();
  });

  it("knows of GitHub's jobs in the end, whatever happened to messages and sessions", async () => {
    const anyFault = fc.constantFrom<MessageFault>(
      "lost",
      "repeated",
      "reordered",
      "early-figures",
      "token-expires",
      "empty-body",
      "no-queue",
      "session-lost",
    );
    const anyStep = fc.oneof(
      fc.record({ queue: fc.integer({ min: 1, max: 60 }) }),
      fc.constant("cancel" as const),
      fc.constant("act" as const),
      fc.constant("kill" as const),
      fc.record({ fault: anyFault }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep, { maxLength: 8 }), fc.boolean(), async (steps, offersJobs) => {
        const site = await DemandSite.start();
        await site.standIn.control("set-scale-sets", { offersJobs });
        try {
          let { listener, kill } = site.listen({ capacity: 1000 });
          for (const step of steps) {
            if (step === "cancel") await site.cancelAll();
            else if (step === "act") await listener.acted(listener.pending, signal);
            else if (step === "kill") {
              await kill();
              ({ listener, kill } = site.listen({ capacity: 1000 }));
            } else if ("queue" in step) await site.queue(step.queue);
            // An offer that is not heard is missed only while fewer jobs wait than the REST API shows.
            else if (!offersJobs || (step.fault !== "lost" && step.fault !== "reordered"))
              await site.standIn.control("add-message-faults", [step.fault]);
            await new Promise((resolve) => setTimeout(resolve, 10));
          }
          // Sessions of killed processes end.
          await site.pass(6 * MINUTE_MS);
          await site.pass(6 * MINUTE_MS);
          // A job more, so that there is something to hear.
          await site.queue(1);
          const queued = [...site.standIn.service.jobs.values()].filter(
            ({ status }) => status === "queued",
          ).length;
          // A message that is lost is made up for by GitHub's figures, minutes later.
          await site.passes(() => site.heard?.assigned === queued, 30);
        } finally {
          await site.close();
        }
      }),
      { numRuns: Number(process.env["HISTORIES"] ?? 250) >= 2500 ? 60 : 15 },
    );
  });
});
