import { expect } from "chai";
import { ENDED_JOB_MS, LONGEST_JOB_MS } from "../../src/runners/job-claims.ts";
import { plan } from "../../src/runners/plan.ts";
import type { World } from "../../src/runners/world.ts";
import { machine, NOW, patience, registration, summary } from "./worlds.ts";

const long = NOW - patience.startUpMs;
const overdue = NOW - patience.graceMs;
const idle = registration("a");
const busy = registration("a", { busy: true });
const offline = registration("a", { online: false });
const leftOver = "left over from a killed creation";

type Row = readonly [title: string, world: World, count: number, steps: readonly string[], creations: number];

function one(change: Parameters<typeof machine>[1], registered?: typeof idle): World {
  return { machines: [machine("a", change)], registrations: registered ? [registered] : [] };
}

const healthy: readonly Row[] = [
  ["makes all runners from nothing", { machines: [], registrations: [] }, 3, [], 3],
  ["does nothing when nothing is wanted and nothing there", { machines: [], registrations: [] }, 0, [], 0],
  ["keeps an idle runner", one({}, idle), 1, [], 0],
  ["keeps a busy runner", one({}, busy), 1, [], 0],
  ["makes what is missing beside a healthy runner", one({}, idle), 3, [], 2],
  [
    "keeps a runner that is not yet online within its start-up allowance, and writes that down",
    one({}, offline),
    1,
    [`note a {"suspectSince":${NOW}}`],
    0,
  ],
  [
    "keeps a runner that is not yet online to the last millisecond of the allowance",
    one({ createdAt: long + 1, suspectSince: long + 2 }, offline),
    1,
    [],
    0,
  ],
];

const broken: readonly Row[] = [
  ["replaces a stopped instance", one({ state: "stopped" }, offline), 1, ["destroy a: instance stopped"], 1],
  [
    "replaces a stopped instance without registration",
    one({ state: "stopped" }),
    1,
    ["destroy a: instance stopped"],
    1,
  ],
  [
    "replaces a stopped instance that GitHub still holds for busy: its job is dead",
    one({ state: "stopped" }, busy),
    1,
    ["destroy a: instance stopped"],
    1,
  ],
  ["replaces an instance in error", one({ state: "error" }, offline), 1, ["destroy a: instance stopped"], 1],
  [
    "deletes a registration without an instance",
    { machines: [], registrations: [idle] },
    0,
    ["deregister a: registration without an instance"],
    0,
  ],
  [
    "leaves a busy registration without an instance to GitHub, which refuses to delete it",
    { machines: [], registrations: [busy] },
    0,
    [],
    0,
  ],
];

const killed: readonly Row[] = [
  [
    "removes a clone that was never started",
    one({ phase: "creating", state: "stopped" }),
    1,
    [`destroy a: ${leftOver}`],
    1,
  ],
  [
    "removes a started clone without registration",
    one({ phase: "creating" }),
    1,
    [`destroy a: ${leftOver}`],
    1,
  ],
  [
    "retires a started clone with a registration, however young",
    one({ phase: "creating", createdAt: NOW }, offline),
    1,
    [`retire a: ${leftOver}`],
    1,
  ],
  [
    "keeps a runner that came online although its maker was killed, and writes that down",
    one({ phase: "creating" }, idle),
    1,
    ['note a {"phase":"ready"}'],
    0,
  ],
  [
    "keeps a runner that has a job although its maker was killed",
    one({ phase: "creating" }, busy),
    1,
    ['note a {"phase":"ready"}'],
    0,
  ],
  [
    "keeps a busy runner of a killed creation that GitHub misses for a moment",
    one({ phase: "creating" }, registration("a", { busy: true, online: false })),
    1,
    [],
    0,
  ],
  [
    "unfreezes a runner that took a job when its retirement was killed",
    one({ state: "frozen" }, busy),
    1,
    ["unfreeze a"],
    0,
  ],
  [
    "unfreezes it even when no runner is wanted any more",
    one({ state: "frozen" }, busy),
    0,
    ["unfreeze a"],
    0,
  ],
  [
    "goes on with a retirement that was killed after GitHub let the runner go",
    one({ state: "frozen" }),
    1,
    ["destroy a: registration gone"],
    1,
  ],
  [
    "goes on with a retirement that was killed before GitHub was asked",
    one({ state: "frozen" }, idle),
    1,
    ["retire a: more runners than wanted"],
    1,
  ],
];

const suspect: readonly Row[] = [
  [
    "writes down that a runner is offline past its start-up",
    one({ createdAt: long }, offline),
    1,
    [`note a {"suspectSince":${NOW}}`],
    0,
  ],
  [
    "waits while an offline runner is within its grace",
    one({ createdAt: long, suspectSince: overdue + 1 }, offline),
    1,
    [],
    0,
  ],
  [
    "retires a runner that is offline past its grace",
    one({ createdAt: long, suspectSince: overdue }, offline),
    1,
    ["retire a: offline for too long"],
    1,
  ],
  [
    "clears the suspicion when the runner is online again",
    one({ suspectSince: overdue - 1 }, idle),
    1,
    ['note a {"suspectSince":null}'],
    0,
  ],
  [
    "clears the suspicion when the runner has a job",
    one({ suspectSince: overdue - 1 }, busy),
    1,
    ['note a {"suspectSince":null}'],
    0,
  ],
  ["writes down that a registration is missing", one({}), 1, [`note a {"suspectSince":${NOW}}`], 0],
  ["waits while a missing registration is within its grace", one({ suspectSince: overdue + 1 }), 1, [], 0],
  [
    "destroys a runner whose registration is gone past its grace",
    one({ suspectSince: overdue }),
    1,
    ["destroy a: registration gone"],
    1,
  ],
  [
    "gives a runner of another configuration the same grace while its registration is missing",
    one({ configHash: "old", suspectSince: overdue + 1 }),
    1,
    [],
    0,
  ],
  [
    "counts a runner whose registration is missing until it is gone",
    {
      machines: [machine("a", { suspectSince: NOW - 1 }), machine("b")],
      registrations: [registration("b")],
    },
    1,
    ["retire b: more runners than wanted"],
    0,
  ],
];

/** A scope that refuses the unit, so that none of its registrations is listed. */
const lost = new Set(["there"]);

const moved: readonly Row[] = [
  [
    "takes a runner away at once whose registration nobody can see any more",
    { ...one({ scopeKey: "there" }), lostScopes: lost },
    1,
    ["destroy a: registered in a scope that refuses the credentials"],
    1,
  ],
  [
    "goes on with a retirement that was killed in such a scope",
    { ...one({ scopeKey: "there", state: "frozen" }), lostScopes: lost },
    1,
    ["destroy a: registration gone"],
    1,
  ],
  [
    "gives a runner its grace when its scope only does not answer",
    one({ scopeKey: "there", configHash: "old" }),
    1,
    [`note a {"suspectSince":${NOW}}`],
    0,
  ],
];

const unreadable = registration("a", { online: false, busy: true, isUnreadable: true });

const unclear: readonly Row[] = [
  [
    "keeps a runner whose entry cannot be read, and marks it",
    one({}, unreadable),
    1,
    [`note a {"suspectSince":${NOW}}`],
    0,
  ],
  ["keeps it past the grace", one({ suspectSince: overdue - 1 }, unreadable), 1, [], 0],
  [
    "asks it for a job at its deadline",
    one({ deadline: NOW }, unreadable),
    1,
    ["destroy a: past its deadline"],
    1,
  ],
  ["deletes no such entry without an instance", { machines: [], registrations: [unreadable] }, 0, [], 0],
  [
    "takes it for no successor",
    {
      machines: [machine("a"), machine("b", { configHash: "old" })],
      registrations: [unreadable, registration("b")],
    },
    2,
    [`note a {"suspectSince":${NOW}}`],
    0,
  ],
];

const tooLong = NOW - LONGEST_JOB_MS;

const held: readonly Row[] = [
  [
    "notes since when a runner is busy past its deadline",
    one({ deadline: NOW }, busy),
    1,
    [`note a {"busySince":${NOW}}`],
    0,
  ],
  ["notes it once", one({ deadline: tooLong, busySince: NOW - 1 }, busy), 1, [], 0],
  [
    "asks no runner that is busy past its deadline for a quarter of an hour at most",
    one({ deadline: NOW - ENDED_JOB_MS, busySince: NOW - ENDED_JOB_MS + 1 }, busy),
    1,
    [],
    0,
  ],
  [
    "asks one that is busy for longer, and remembers since when it is doubted",
    one({ deadline: tooLong, busySince: NOW - ENDED_JOB_MS, suspectSince: NOW - 1 }, busy),
    1,
    ["doubt a: busy without a job"],
    0,
  ],
  [
    "asks no frozen one, but continues it",
    one({ state: "frozen", deadline: tooLong, busySince: NOW - ENDED_JOB_MS }, busy),
    1,
    ["unfreeze a"],
    0,
  ],
  [
    "forgets an earlier suspicion once it is busy past its deadline",
    one({ deadline: NOW, suspectSince: NOW - 1 }, busy),
    1,
    [`note a {"suspectSince":null,"busySince":${NOW}}`],
    0,
  ],
  [
    "removes a runner that GitHub lists as busy for longer than it allows any job",
    one({ deadline: tooLong, busySince: tooLong }, busy),
    1,
    ["end a: busy for longer than any job"],
    1,
  ],
  [
    "keeps a runner that was found busy long after its deadline",
    one({ deadline: tooLong - LONGEST_JOB_MS }, busy),
    1,
    [`note a {"busySince":${NOW}}`],
    0,
  ],
  [
    "notes when such a job has ended",
    one({ deadline: NOW + 1, busySince: tooLong + 1 }, busy),
    1,
    ['note a {"busySince":null}'],
    0,
  ],
  [
    "notes a time again that was stored before the clock was set back",
    {
      machines: [
        machine("a", { createdAt: long, suspectSince: NOW + 1 }),
        machine("b", { deadline: NOW, busySince: NOW + 1 }),
      ],
      registrations: [offline, registration("b", { busy: true })],
    },
    2,
    [`note a {"suspectSince":${NOW}}`, `note b {"busySince":${NOW}}`],
    0,
  ],
  [
    "does not wait for the start of a runner that was created before the clock was set back",
    one({ createdAt: NOW + 1, suspectSince: overdue }, offline),
    1,
    ["retire a: offline for too long"],
    1,
  ],
];

const outdated: readonly Row[] = [
  [
    "retires an idle runner past its deadline",
    one({ deadline: NOW }, idle),
    1,
    ["retire a: past its deadline"],
    1,
  ],
  ["keeps an idle runner up to its deadline", one({ deadline: NOW + 1 }, idle), 1, [], 0],
  ["keeps a busy runner past its deadline", one({ deadline: NOW - 1, busySince: NOW - 1 }, busy), 1, [], 0],
  [
    "destroys a runner past its deadline whose registration is gone",
    one({ deadline: NOW }),
    1,
    ["destroy a: past its deadline"],
    1,
  ],
  [
    "replaces an idle runner of another configuration",
    one({ configHash: "old" }, idle),
    1,
    ["retire a: made with another configuration"],
    1,
  ],
  [
    "replaces a starting runner of another configuration",
    one({ configHash: "old" }, offline),
    1,
    ["retire a: made with another configuration"],
    1,
  ],
  [
    "lets a busy runner of another configuration finish, in a slot of its own",
    one({ configHash: "old" }, busy),
    1,
    [],
    0,
  ],
];

const replacedOne = "retire b: made with another configuration";
const old = { configHash: "old" } as const;
const pair: World = {
  machines: [machine("a", { ...old, createdAt: NOW - 9 }), machine("b", old), machine("c", old)],
  registrations: [registration("a"), registration("b"), registration("c")],
};

const succession: readonly Row[] = [
  [
    "replaces one of several outdated runners first",
    pair,
    3,
    ["retire a: made with another configuration"],
    1,
  ],
  ["replaces none while a slot for a successor is free", pair, 4, [], 1],
  [
    "replaces none while a successor is starting",
    {
      machines: [...pair.machines, machine("d", { createdAt: NOW })],
      registrations: [...pair.registrations, registration("d", { online: false })],
    },
    4,
    [`note d {"suspectSince":${NOW}}`],
    0,
  ],
  [
    "replaces all others when a successor is online",
    {
      machines: [machine("a"), machine("b", old), machine("c", old)],
      registrations: [registration("a"), registration("b"), registration("c")],
    },
    3,
    [replacedOne, "retire c: made with another configuration"],
    2,
  ],
  [
    "replaces all others when a successor has a job",
    {
      machines: [machine("a"), machine("b", old)],
      registrations: [busy, registration("b")],
    },
    2,
    [replacedOne],
    1,
  ],
  [
    "takes no busy runner of the other configuration for a successor",
    {
      machines: [machine("a", old), machine("b", old), machine("c", { ...old, createdAt: NOW - 9 })],
      registrations: [busy, registration("b"), registration("c")],
    },
    3,
    ["retire c: made with another configuration"],
    1,
  ],
  [
    "replaces one of several runners past their deadline first",
    {
      machines: [machine("a", { deadline: NOW, createdAt: NOW - 1 }), machine("b", { deadline: NOW })],
      registrations: [idle, registration("b")],
    },
    2,
    ["retire a: past its deadline"],
    1,
  ],
  [
    "removes outdated runners first for a smaller number",
    {
      machines: [machine("a"), machine("b", { ...old, createdAt: NOW - 9000 })],
      registrations: [idle, registration("b")],
    },
    1,
    [replacedOne],
    0,
  ],
  [
    "gives an outdated runner that is offline for a moment the same grace",
    one({ ...old, createdAt: long, suspectSince: overdue + 1 }, offline),
    2,
    [],
    1,
  ],
];

const fleet: World = {
  machines: [
    machine("a", { createdAt: NOW - 4000 }),
    machine("b", { createdAt: NOW - 3000 }),
    machine("c", { createdAt: NOW - 2000 }),
    machine("d", { createdAt: NOW - 5000 }),
  ],
  registrations: [
    registration("a"),
    registration("b", { busy: true }),
    registration("c"),
    registration("d", { online: false }),
  ],
};
const surplus = (name: string) => `retire ${name}: more runners than wanted`;

const scaled: readonly Row[] = [
  ["takes a runner away first that is not yet online", fleet, 3, [surplus("d")], 0],
  ["takes the youngest idle runner away next", fleet, 2, [surplus("d"), surplus("c")], 0],
  ["takes the eldest idle runner away last", fleet, 1, [surplus("d"), surplus("c"), surplus("a")], 0],
  ["keeps the busy one when none is wanted", fleet, 0, [surplus("d"), surplus("c"), surplus("a")], 0],
  [
    "takes idle ones away for one that may stay by a job that GitHub does not show, and replaces it where it has none",
    {
      machines: [machine("a", { suspectSince: long }), machine("b"), machine("c", { createdAt: NOW - 1 })],
      registrations: [registration("b"), registration("c")],
    },
    2,
    ["destroy a: registration gone", surplus("c")],
    1,
  ],
  ["makes more beside those that are there", fleet, 6, [`note d {"suspectSince":${NOW}}`], 2],
  [
    "writes no suspicion on a runner that it removes",
    {
      machines: [machine("a", { createdAt: long }), machine("b")],
      registrations: [offline, registration("b")],
    },
    1,
    [surplus("a")],
    0,
  ],
  [
    "makes none for the outdated while busy ones fill the number",
    {
      machines: [machine("a", { configHash: "old" }), machine("b", { configHash: "old" })],
      registrations: [busy, registration("b")],
    },
    1,
    ["retire b: made with another configuration"],
    0,
  ],
];

const rules: readonly (readonly [rule: string, rows: readonly Row[]])[] = [
  ["for healthy runners", healthy],
  ["for halves and dead runners", broken],
  ["after a kill", killed],
  ["for suspect runners", suspect],
  ["for entries that cannot be read", unclear],
  ["for runners that hold their slot", held],
  ["for outdated runners", outdated],
  ["for their successors", succession],
  ["for runners in former scopes", moved],
  ["when the number changes", scaled],
];

/** A plan as a set: the order in which the steps stand means nothing. */
function asSet(world: World, count: number): { steps: string[]; creations: number } {
  const { steps, creations } = plan(world, { count, configHash: "new" }, patience, NOW);
  return { steps: steps.map(summary).sort(), creations };
}

describe("plan() with lost runners of other units", () => {
  const lostRunners = {
    names: ["runners-1-abcdef000001", "runners-1-abcdef000002"],
    alive: new Set<string>(),
    ...{ unit: "runners/0", units: ["runners/0"] },
  };
  const replacement = { ofUnit: 2, most: 5 };
  const wanted = { count: 1, configHash: "new", replacement };
  const both: World = {
    machines: [machine("a"), machine("b", { createdAt: NOW - 1 })],
    registrations: [registration("a"), registration("b")],
  };

  it("makes as many more as are to be replaced, and none without the option", () => {
    const world = { ...one({}, idle), lostRunners };
    expect(plan(world, wanted, patience, NOW)).to.include({ creations: 2, slots: 2 });
    expect(plan(world, { count: 1, configHash: "new" }, patience, NOW)).to.include({
      creations: 0,
      slots: 0,
    });
  });

  it("makes them for jobs that wait, where the number follows a demand", () => {
    const world = { ...one({}, busy), lostRunners };
    const demand = { assigned: 2, running: 1, idle: 0 };
    expect(plan(world, { ...wanted, demand }, patience, NOW)).to.include({ creations: 1, slots: 2 });
  });

  it("removes the youngest idle ones when the lost ones are back", () => {
    const { steps } = plan(both, wanted, patience, NOW);
    expect(steps.map(summary)).to.deep.equal([surplus("b")]);
  });

  it("replaces outdated ones one after the other as always", () => {
    const old: World = {
      machines: both.machines.map((each) => ({ ...each, configHash: "old" })),
      registrations: both.registrations,
      lostRunners,
    };
    const { steps, creations } = plan(old, { ...wanted, count: 0 }, patience, NOW);
    expect([steps.map(summary), creations]).to.deep.equal([["retire b: made with another configuration"], 1]);
  });
});

describe("plan()", () => {
  for (const [rule, rows] of rules) {
    describe(rule, () => {
      for (const [title, world, count, steps, creations] of rows) {
        it(title, () => {
          expect(asSet(world, count)).to.deep.equal({ steps: [...steps].sort(), creations });
        });
      }
    });
  }
});
