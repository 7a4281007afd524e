import { expect } from "chai";
import { createLogger } from "charm-kit";
import { BadCredentialsError, type FormerJobs, type KnownScaleSet } from "../../src/github/index.ts";
import { FormerPaths } from "../../src/unit/former-paths.ts";
import type { ScopeWithScaleSets } from "../../src/unit/unit-scopes.ts";

const HOUR_MS = 3_600_000;
const LEFT_AT = Date.UTC(2026, 0, 1, 10);
const OLD = "https://github.com/acme/old";
const signal = new AbortController().signal;

describe("FormerPaths", () => {
  let now: number;
  let known: readonly KnownScaleSet[] | null;
  let figures: () => Promise<FormerJobs>;
  let asked: number;
  let reachable: readonly ScopeWithScaleSets[];
  let lines: string[];
  let write: (next: readonly KnownScaleSet[] | null) => Promise<void>;

  const set = (change: Partial<KnownScaleSet>): KnownScaleSet => ({
    ...{ id: 1, scope: OLD, name: "runners-0", groupId: 1, labels: ["linux"], leftAt: LEFT_AT },
    ...change,
  });
  const open = () =>
    new FormerPaths({
      scopes: { withScaleSets: () => Promise.resolve(reachable) },
      present: "https://github.com/acme/new",
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

  beforeEach(() => {
    now = LEFT_AT + HOUR_MS;
    known = [set({}), set({ id: 2, scope: "https://github.com/acme/new", leftAt: undefined })];
    write = (next) => {
      known = next;
      return Promise.resolve();
    };
    asked = 0;
    lines = [];
    figures = () => Promise.resolve({ assigned: 3, running: 1, missing: 1 });
    const scaleSets = {
      figures: () => {
        asked += 1;
        return figures();
      },
      deleteAll: () => {
        asked += 1;
        return figures().then(() => undefined);
      },
    };
    reachable = [{ key: "old", address: OLD, scaleSets }];
  });

  it("knows the jobs of a scale set on a former path", async () => {
    expect(await open().read(signal)).to.deep.equal({
      assigned: 3,
      running: 1,
      scopes: [{ scopeKey: "old", waiting: 2, missing: 1 }],
      notices: [],
    });
  });

  it("asks nobody for a former path without a scale set: runners there serve no job that waits", async () => {
    known = [];
    expect(await open().read(signal)).to.deep.equal({
      ...{ assigned: 0, running: 0, notices: [] },
      scopes: [{ scopeKey: "old", waiting: 0, missing: 0 }],
    });
    expect(asked).to.equal(0);
  });

  it("tells that a former path refuses the token, does not ask it again at once, and gives it up after a day", async () => {
    figures = () => Promise.reject(new BadCredentialsError("read a former scale set", { status: 401 }));
    const paths = open();
    const { notices, ...jobs } = await paths.read(signal);
    expect(jobs).to.deep.equal({ assigned: 0, running: 0, scopes: [] });
    expect(notices).to.have.lengthOf(1);
    expect(notices[0]).to.match(
      /^jobs of the former path https:\/\/github.com\/acme\/old get no runners: GitHub refuses the token.*; given up at 2026-01-02 10:00 UTC$/,
    );
    expect((await paths.read(signal)).notices).to.deep.equal(notices);
    expect(asked).to.equal(1);
    now += 60_000;
    await paths.read(signal);
    expect(asked).to.equal(2);
    now = LEFT_AT + 24 * HOUR_MS;
    expect((await paths.read(signal)).notices).to.deep.equal([]);
    expect(known?.map(({ id }) => id)).to.deep.equal([2]);
    expect(lines.join()).to.contain("The scale set of a former path is given up");
  });

  it("goes on when a former path answers again", async () => {
    figures = () => Promise.reject(new Error("no answer"));
    const paths = open();
    expect((await paths.read(signal)).notices[0]).to.contain("get no runners: no answer");
    figures = () => Promise.resolve({ assigned: 1, running: 0, missing: 1 });
    now += 60_000;
    expect(await paths.read(signal)).to.deep.include({ assigned: 1, notices: [] });
  });

  it("asks a former path again at once that failed before the clock was set back", async () => {
    figures = () => Promise.reject(new Error("no answer"));
    const paths = open();
    await paths.read(signal);
    now -= HOUR_MS;
    await paths.read(signal);
    expect(asked).to.equal(2);
  });

  it("knows the jobs of other paths where it cannot store that one is given up", async () => {
    const [old] = reachable;
    if (old) reachable = [old, { ...old, key: "lost", address: "https://github.com/acme/lost" }];
    known = [set({}), set({ id: 3, scope: "https://github.com/acme/gone" })];
    write = () => Promise.reject(new Error("no space left on device"));
    expect(await open().read(signal)).to.deep.include({ assigned: 3, running: 1 });
    expect(lines.join()).to.contain("no space left on device");
    figures = () => Promise.reject(new Error("no answer"));
    now = LEFT_AT + 24 * HOUR_MS;
    expect(await open().read(signal)).to.deep.include({ assigned: 0, notices: [] });
  });

  it("gives up a path whose credentials are no longer known", async () => {
    reachable = [];
    expect(await open().read(signal)).to.deep.equal({ assigned: 0, running: 0, scopes: [], notices: [] });
    expect(known?.map(({ id }) => id)).to.deep.equal([2]);
    expect(lines.join()).to.contain("no credentials are known");
  });

  it("deletes the scale sets of a unit that is removed, as far as GitHub lets it", async () => {
    await open().deleteAll(signal);
    expect(asked).to.equal(1);
    figures = () => Promise.reject(new Error("no answer"));
    await open().deleteAll(signal);
    expect(lines.join()).to.contain("Cannot delete a former scale set");
  });
});
