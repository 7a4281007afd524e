import { expect } from "chai";
import fc from "fast-check";
import sinon from "sinon";
import { anyDemandHistory, anyHistory, type Command } from "./command.ts";
import { BrokenRule, replay } from "./replay.ts";
import { renderScript } from "./script.ts";

/** The same ones each time, so that a change alone makes them fail. Many others, for a night: `HISTORIES=100000`. */
const { HISTORIES: given } = process.env;
const HISTORIES = Number(given ?? 2500);
const SEED = { seed: given === undefined ? 2500 : Date.now() % 2 ** 31 };

describe("the runners of a unit, in any history", function () {
  this.timeout(Math.max(180_000, HISTORIES * 60));
  let clock: sinon.SinonFakeTimers;

  beforeEach(() => {
    // A killed process leaves its deadlines behind; they are not to keep this one alive.
    clock = sinon.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  });
  afterEach(() => {
    clock.restore();
  });

  const live = async (history: readonly Command[]) => {
    try {
      await replay(history);
    } finally {
      clock.reset();
    }
  };

  const check = async (histories: fc.Arbitrary<readonly Command[]>, numRuns: number) => {
    const found = await fc.check(fc.asyncProperty(histories, live), { numRuns, ...SEED });
    if (!found.failed) return;
    const [history = []] = found.counterexample ?? [];
    const { seed, counterexamplePath: path } = found;
    const fault = found.errorInstance instanceof Error ? found.errorInstance.message : "unknown";
    throw new Error(renderScript({ history, fault, seed, path: path ?? "" }));
  };

  it("are never too many, lose no job to the unit, and are what they should be soon after the last fault", () =>
    check(anyHistory, HISTORIES));

  it("are so too when they follow a demand of which GitHub tells late, twice, wrong, or not at all", () =>
    check(anyDemandHistory, Math.ceil(HISTORIES / 2)));

  /** Histories that broke a rule once. */
  const found: readonly (readonly [title: string, history: readonly Command[]])[] = [
    [
      "end no job in a retirement that was killed in a scope that then refuses the unit",
      [
        { do: "configure", scope: "scope-2" },
        { do: "job", runner: 0 },
        { do: "freeze", runner: 0 },
        { do: "refuse", scope: "scope-1" },
      ],
    ],
    [
      "end no job in a frozen runner that GitHub no longer lists",
      [
        { do: "job", runner: 0 },
        { do: "freeze", runner: 0 },
        { do: "ghost", runner: 0 },
      ],
    ],
    [
      "are no more than wanted beside one that holds its slot by a job that GitHub no longer lists",
      [
        { do: "job", runner: 0 },
        { do: "ghost", runner: 0 },
        { do: "reconcile" },
        { do: "configure", count: 1 },
      ],
    ],
    [
      "end what is no job any more in a runner that GitHub has not listed for a day",
      [
        { do: "job", runner: 0 },
        { do: "ghost", runner: 0 },
        { do: "reconcile" },
        { do: "wait", minutes: 1500 },
        { do: "reconcile" },
      ],
    ],
    [
      "are worked on by a hook while a killed service had several calls under way",
      [
        { do: "configure", count: 4, configHash: "hash-2" },
        {
          do: "together",
          first: "service",
          at: 9,
          hook: { do: "reconcile", endings: [1] },
          service: { do: "reconcile", kill: { call: 37, moment: "before" } },
          configure: { do: "configure" },
        },
        { do: "job", runner: 0 },
      ],
    ],
    [
      "are none for a hook that wants none after a killed service that wanted some",
      [
        { do: "reboot" },
        {
          do: "together",
          first: "service",
          at: 1,
          hook: { do: "reconcile" },
          service: { do: "reconcile" },
          most: 0,
        },
        {
          do: "together",
          first: "service",
          at: 1,
          hook: { do: "reconcile" },
          service: { do: "reconcile", kill: { call: 8, moment: "after" } },
          configure: { do: "configure", count: 0 },
        },
        { do: "reconcile" },
      ],
    ],
    [
      "may stay registered where GitHub refuses the unit, which then never works there again",
      [
        {
          do: "together",
          first: "hook",
          at: 1,
          hook: { do: "reconcile", disturbances: [{ call: 1, what: "fail" }] },
          service: { do: "reconcile" },
          configure: { do: "configure", scope: "scope-2" },
        },
        { do: "refuse", scope: "scope-1" },
        {
          do: "together",
          first: "service",
          at: 1,
          hook: { do: "standby" },
          service: { do: "reconcile" },
          configure: { do: "configure", scope: "scope-1" },
        },
        {
          do: "together",
          first: "hook",
          at: 1,
          hook: { do: "reconcile" },
          service: { do: "reconcile" },
          configure: { do: "configure", scope: "scope-2" },
        },
      ],
    ],
    [
      "may stay registered where GitHub refuses the unit, when a service with outdated settings does not work there",
      [
        { do: "configure", idle: 0, count: 0, standby: 0 },
        {
          do: "together",
          first: "hook",
          at: 1,
          hook: { do: "standby" },
          service: { do: "reconcile" },
          configure: { do: "configure", scope: "scope-2" },
        },
        { do: "refuse", scope: "scope-1" },
        { do: "reconcile" },
        {
          do: "together",
          first: "hook",
          at: 1,
          hook: { do: "flush-idle" },
          service: { do: "reconcile" },
          configure: { do: "configure", scope: "scope-1" },
        },
        {
          do: "together",
          first: "hook",
          at: 1,
          hook: { do: "reconcile" },
          service: { do: "reconcile" },
          configure: { do: "configure", scope: "scope-2" },
        },
        { do: "wait", minutes: 1 },
      ],
    ],
    [
      "are left to a hook only when an aborted service has cleaned up after the runner that it was making",
      [
        { do: "configure", idle: 1, count: 1, standby: 1 },
        {
          do: "together",
          first: "hook",
          at: 1,
          hook: { do: "reconcile" },
          service: { do: "reconcile", kill: { call: 12, moment: "before" }, endings: [1, 1] },
        },
        { do: "standby" },
        {
          do: "together",
          first: "service",
          at: 1,
          hook: { do: "reconcile" },
          service: { do: "reconcile", kill: { call: 8, moment: "abort" } },
          configure: { do: "configure" },
        },
        { do: "wait", minutes: 1 },
      ],
    ],
    [
      "are there for a job that waits beside one that GitHub has lost",
      [
        { do: "job", runner: 1 },
        { do: "configure", idle: 1 },
        { do: "ghost", runner: 1 },
        { do: "reconcile" },
      ],
    ],
    [
      "are there for a job that waits beside a job of a former path",
      [
        { do: "job", runner: 0 },
        { do: "configure", idle: 0, scope: "scope-2" },
        { do: "queue", jobs: 2 },
        { do: "reconcile" },
      ],
    ],
    [
      "are there for a job that waits beside jobs of a former path that registers no runner",
      [
        { do: "configure", idle: 0, count: 1 },
        { do: "job", runner: 0 },
        { do: "queue", jobs: 3 },
        { do: "configure", scope: "scope-2", count: 4 },
        { do: "bar", scope: "scope-1" },
        { do: "queue", jobs: 4 },
        { do: "reconcile" },
      ],
    ],
    [
      "stay with an earlier configuration for a job of a former path that registers no other one",
      [
        { do: "configure", idle: 0, count: 2, standby: 0 },
        { do: "queue", jobs: 2 },
        {
          do: "together",
          first: "hook",
          at: 1,
          hook: { do: "reconcile" },
          service: { do: "reconcile", endings: [1] },
          configure: { do: "configure", scope: "scope-2" },
        },
        { do: "bar", scope: "scope-1" },
      ],
    ],
    [
      "keep no unwanted standby instance for the successor of one that has a job which GitHub does not list",
      [
        {
          do: "together",
          first: "hook",
          at: 1,
          hook: { do: "standby" },
          service: { do: "reconcile" },
          configure: { do: "configure", standby: 1 },
        },
        { do: "job", runner: 0 },
        { do: "freeze", runner: 0 },
        { do: "ghost", runner: 0 },
        {
          do: "together",
          first: "hook",
          at: 1,
          hook: { do: "reconcile" },
          service: { do: "reconcile" },
          configure: { do: "configure", standby: 0 },
        },
      ],
    ],
  ];
  for (const [title, history] of found) it(title, () => live(history));

  it("are told by a script when they break a rule", async () => {
    // Nobody can have fewer than no runners.
    const impossible: readonly Command[] = [{ do: "configure", count: -1 }];
    const broken = await live(impossible).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(broken).to.be.instanceOf(BrokenRule);
  });
});
