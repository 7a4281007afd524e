import { expect } from "chai";
import { createLogger } from "charm-kit";
import { faultAfter, faultReason, type FormerFault } from "../../src/unit/former-faults.ts";
import {
  BadCredentialsError,
  MissingPermissionError,
  type FormerJobs,
  type KnownScaleSet,
} from "../../src/github/index.ts";
import { FormerPaths } from "../../src/unit/former-paths.ts";
import type { ScopeWithScaleSets } from "../../src/unit/unit-scopes.ts";

const HOUR_MS = 3_600_000;
const LEFT_AT = Date.UTC(2026, 0, 1, 10);
const OLD = "https://github.com/acme/old";
const signal = new AbortController().signal;

describe("FormerPaths", () => {
  let now: number;
  let known: readonly KnownScaleSet[] | null;
  let figures: (signal: AbortSignal) => Promise<FormerJobs>;
  let asked: number;
  let reachable: readonly ScopeWithScaleSets[];
  let fault: FormerFault | undefined;
  let isSilent: boolean;
  let registers: () => Promise<void>;
  let names: string[];
  let lines: string[];
  let write: (next: readonly KnownScaleSet[] | null) => Promise<void>;

  const set = (change: Partial<KnownScaleSet>): KnownScaleSet => ({
    ...{ id: 1, scope: OLD, name: "runners-0", groupId: 1, labels: ["linux"], leftAt: LEFT_AT },
    ...change,
  });
  const open = () =>
    new FormerPaths({
      scopes: {
        withScaleSets: () => Promise.resolve(reachable.map((scope) => ({ ...scope, isSilent, fault }))),
        noteFault: (_scope, failure) => {
          const { at, thrown } = failure ?? {};
          fault = at && faultAfter(fault, { at, reason: faultReason(thrown) }, now);
          return Promise.resolve();
        },
      },
      present: "https://github.com/acme/new",
      nextName: () => "runners-0-abcdef000001",
      ledger: {
        read: () => Promise.resolve(known),
        write: (next) => write(next),
      },
      clock: { now: () => now, wait: () => Promise.resolve() },
      log: createLogger(
        (_level, line) => lines.push(line),
        (text) => text,
      ),
    });

  /** Reads them, and tells what is known once nothing is asked any more. */
  const read = async (paths: FormerPaths) => {
    await paths.read(signal);
    await paths.settled();
    return paths.demand();
  };

  beforeEach(() => {
    fault = undefined;
    isSilent = false;
    names = [];
    now = LEFT_AT + HOUR_MS;
    known = [set({}), set({ id: 2, scope: "https://github.com/acme/new", leftAt: undefined })];
    write = (next) => {
      known = next;
      return Promise.resolve();
    };
    asked = 0;
    lines = [];
    figures = () => Promise.resolve({ assigned: 3, running: 1, missing: 1 });
    registers = () => Promise.resolve();
    const scaleSets = {
      checkRegistration: (name: string) => {
        names.push(name);
        return registers();
      },
      figures: (limited: AbortSignal) => {
        asked += 1;
        return figures(limited);
      },
      deleteAll: (limited: AbortSignal) => {
        asked += 1;
        return figures(limited).then(() => undefined);
      },
    };
    reachable = [{ key: "old", address: OLD, scaleSets }];
  });

  it("knows the jobs of a scale set on a former path", async () => {
    expect(await read(open())).to.deep.equal({
      assigned: 3,
      running: 1,
      scopes: [{ scopeKey: "old", waiting: 2, missing: 1, isFaulty: false }],
      untried: [],
      notices: [],
    });
  });

  it("asks nobody for a former path without a scale set: runners there serve no job that waits", async () => {
    known = [];
    expect(await read(open())).to.deep.equal({
      ...{ assigned: 0, running: 0, untried: [], notices: [] },
      scopes: [{ scopeKey: "old", waiting: 0, missing: 0 }],
    });
    expect(asked).to.equal(0);
  });

  it("tells that a former path refuses the token, asks it again after ever longer pauses, also in another process, and gives it up after a day", async () => {
    figures = () => Promise.reject(new BadCredentialsError("read a former scale set", { status: 401 }));
    const { notices, ...jobs } = await read(open());
    expect(jobs).to.deep.equal({ assigned: 0, running: 0, scopes: [], untried: [] });
    expect(notices).to.have.lengthOf(1);
    expect(notices[0]).to.match(
      /^jobs of the former path https:\/\/github.com\/acme\/old get no runners: GitHub refuses the token.*; tried again, and given up at 2026-01-02 10:00 UTC$/,
    );
    expect((await read(open())).notices).to.deep.equal(notices);
    expect(asked).to.equal(1);
    now += 60_000;
    await read(open());
    now += 60_000;
    await read(open());
    expect(asked).to.equal(2);
    now += 60_000;
    await read(open());
    expect(asked).to.equal(3);
    now = LEFT_AT + 24 * HOUR_MS;
    expect((await read(open())).notices).to.deep.equal([]);
    expect(known?.map(({ id }) => id)).to.deep.equal([2]);
    expect(lines.join()).to.contain("The scale set of a former path is given up");
    expect(lines.join(), "what a person looks for on GitHub").to.contain("runners-0 (1)");
  });

  it("goes on when a former path answers again", async () => {
    figures = () => Promise.reject(new Error("no answer"));
    const paths = open();
    expect((await read(paths)).notices[0]).to.contain("get no runners: no answer");
    figures = () => Promise.resolve({ assigned: 1, running: 0, missing: 1 });
    now += 60_000;
    expect(await read(paths)).to.deep.include({ assigned: 1, notices: [] });
  });

  it("asks a former path again at once that failed before the clock was set back", async () => {
    figures = () => Promise.reject(new Error("no answer"));
    const paths = open();
    await read(paths);
    now -= 2 * HOUR_MS;
    await read(paths);
    expect(asked).to.equal(2);
  });

  it("leaves a GitHub alone that does not list its runners either, and tells it", async () => {
    isSilent = true;
    const { notices } = await read(open());
    expect(notices[0]).to.contain("get no runners: its GitHub does not answer");
    expect(asked).to.equal(0);
    now = LEFT_AT + 24 * HOUR_MS;
    await read(open());
    expect(known?.map(({ id }) => id)).to.deep.equal([2]);
  });

  it("leaves out jobs that no runner is registered for, tells why, and keeps those that have one", async () => {
    const paths = open();
    await paths.read(signal);
    const needs = { needed: "administration: write", granted: undefined, accepted: undefined, detail: "" };
    const refusal = new MissingPermissionError("register runner 'a'", needs, { status: 403 });
    fault = faultAfter(undefined, { at: "registration", reason: faultReason(refusal) }, now);
    const { notices, ...jobs } = await paths.demand();
    expect(jobs).to.deep.equal({
      ...{ assigned: 2, running: 1, untried: [] },
      scopes: [{ scopeKey: "old", waiting: 1, missing: 0, isFaulty: true }],
    });
    expect(notices.join()).to.match(
      /get no runners: .*administration: write.*; tried again, and given up at/,
    );
    // Nothing waits there any more, but a fault is known.
    figures = () => Promise.resolve({ assigned: 1, running: 1, missing: 0 });
    expect(await read(paths)).to.deep.include({ assigned: 1, untried: [], notices: [] });
  });

  it("finds out without a runner's place whether runners are registered there again, after ever longer pauses", async () => {
    fault = { at: "registration", reason: "422", failures: 1, nextTryAt: now + 1 };
    const paths = open();
    registers = () => Promise.reject(new Error("still 422"));
    await read(paths);
    expect(names).to.deep.equal([]);
    now += 1;
    expect(await read(paths)).to.deep.include({ assigned: 2, untried: [] });
    expect(names).to.deep.equal(["runners-0-abcdef000001"]);
    expect(fault).to.deep.equal({
      ...{ at: "registration", reason: "still 422", failures: 2, nextTryAt: now + 120_000 },
    });
    registers = () => Promise.resolve();
    now += 120_000;
    await read(paths);
    expect(fault).to.equal(undefined);
    expect(await read(paths)).to.deep.include({ assigned: 3, untried: [], notices: [] });
  });

  it("lets nobody wait for a path that has failed and is asked again, and asks it once at a time", async () => {
    const answer = Promise.withResolvers<FormerJobs>();
    figures = () => answer.promise;
    fault = { at: "figures", reason: "no answer", failures: 1, nextTryAt: now };
    const paths = open();
    await paths.read(signal);
    await paths.read(signal);
    expect(asked).to.equal(1);
    expect(await paths.demand()).to.deep.include({ assigned: 0, scopes: [] });
    answer.resolve({ assigned: 1, running: 0, missing: 1 });
    await paths.settled();
    expect(await paths.demand()).to.deep.include({ assigned: 1, notices: [] });
  });

  it("takes an attempt that its own process ends for no failure of the path", async () => {
    figures = (limited) =>
      new Promise((_resolve, reject) => {
        limited.addEventListener("abort", () => {
          reject(limited.reason as Error);
        });
      });
    fault = { at: "figures", reason: "no answer", failures: 1, nextTryAt: now };
    const paths = open();
    await paths.read(signal);
    paths.close();
    await paths.settled();
    expect(fault).to.include({ failures: 1 });
  });

  it("lets one runner be tried where the last one did not start", async () => {
    fault = { at: "start", reason: "it ended with 1", failures: 1, nextTryAt: now + 60_000 };
    const paths = open();
    expect(await read(paths)).to.deep.include({ assigned: 2, untried: [] });
    now += 60_000;
    expect(await read(paths)).to.deep.include({ assigned: 2, untried: ["old"] });
    expect(names).to.deep.equal([]);
  });

  it("takes up all jobs of a former path with the first reading after a runner was registered there", async () => {
    const paths = open();
    fault = { at: "start", reason: "it ended with 1", failures: 1, nextTryAt: now };
    await paths.read(signal);
    fault = undefined;
    expect(await paths.demand()).to.deep.include({ assigned: 2 });
    expect(await read(paths)).to.deep.include({ assigned: 3, untried: [], notices: [] });
  });

  it("knows the jobs of other paths where it cannot store that one is given up", async () => {
    const [old] = reachable;
    if (old) reachable = [old, { ...old, key: "lost", address: "https://github.com/acme/lost" }];
    known = [set({}), set({ id: 3, scope: "https://github.com/acme/gone" })];
    write = () => Promise.reject(new Error("no space left on device"));
    expect(await read(open())).to.deep.include({ assigned: 3, running: 1 });
    expect(lines.join()).to.contain("no space left on device");
    figures = () => Promise.reject(new Error("no answer"));
    now = LEFT_AT + 24 * HOUR_MS;
    expect(await read(open())).to.deep.include({ assigned: 0 });
  });

  it("gives up a path whose credentials are no longer known", async () => {
    reachable = [];
    expect(await read(open())).to.deep.equal({
      ...{ assigned: 0, running: 0, scopes: [], untried: [], notices: [] },
    });
    expect(known?.map(({ id }) => id)).to.deep.equal([2]);
    expect(lines.join()).to.contain("no credentials are known");
  });

  it("deletes the scale sets of a unit that is removed, as far as GitHub lets it", async () => {
    await open().deleteAll(signal);
    expect(asked).to.equal(1);
    figures = () => Promise.reject(new Error("no answer"));
    await open().deleteAll(signal);
    expect(lines.join()).to.contain("Cannot delete a former scale set").and.contain("runners-0 (1)");
  });
});
