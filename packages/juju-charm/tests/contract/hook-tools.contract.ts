import { expect } from "chai";
import type { HookTools, JsonObject, Status } from "../../src/index.ts";
import type { LogLevel } from "charm-kit";

/** The outcome of an action. */
export interface EndedAction {
  readonly results: JsonObject;
  readonly failure: string | undefined;
  readonly progress: readonly string[];
}

/** An implementation of {@link HookTools} during an action, with access to its effects. */
export interface HookToolsFixture {
  readonly tools: HookTools;
  /** Lines of the charm's log, as `LEVEL message`. */
  lines(): readonly string[];
  /** Statuses of the unit, oldest first. */
  statuses(): readonly Status[];
  /** Ends the action. */
  end(): Promise<EndedAction>;
  dispose(): Promise<void>;
}

/** Options and parameters of every fixture. */
export const CONFIG = { text: "a < b & 'c'\n\"é\"", number: 3, ratio: 1.5, flag: false } as const;
export const PARAMETERS = { name: "world", nested: { depth: 2 } } as const;

const LEVELS: readonly LogLevel[] = ["TRACE", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"];
const STATUS_NAMES = ["maintenance", "blocked", "waiting", "active"] as const;

/** Contract of {@link HookTools} for every implementation, within an action on the leader. Each test runs a new action. */
export function describeHookTools(make: () => Promise<HookToolsFixture>): void {
  let fixture: HookToolsFixture;
  let tools: HookTools;

  beforeEach(async () => {
    fixture = await make();
    ({ tools } = fixture);
  });
  afterEach(() => fixture.dispose());

  it("configGet() returns typed options without unset ones", async () => {
    expect(await tools.configGet()).to.deep.equal(CONFIG);
    expect(await tools.configGet()).to.deep.equal(CONFIG);
  });

  it("isLeader() returns true on the leader", async () => {
    expect(await tools.isLeader()).to.equal(true);
  });

  for (const name of STATUS_NAMES) {
    it(`statusSet() sets ${name} immediately, with an unchanged message`, async () => {
      const status = { name, message: "-8 of 10: $(ls) 'x' é\ttab" };
      await tools.statusSet(status);
      expect(fixture.statuses().at(-1)).to.deep.include(status);
      expect(await tools.statusGet()).to.deep.equal(status);
    });
  }

  it("statusSet() sets statuses in order", async () => {
    for (const message of ["one", "two", ""]) await tools.statusSet({ name: "maintenance", message });
    expect(
      fixture
        .statuses()
        .slice(-3)
        .map(({ message }) => message),
    ).to.deep.equal(["one", "two", ""]);
    expect(await tools.statusGet()).to.deep.equal({ name: "maintenance", message: "" });
  });

  it("log() writes lines of every level in order", async () => {
    for (const level of LEVELS) await tools.log(level, `--${level} 'said' é`);
    expect(fixture.lines()).to.deep.equal(LEVELS.map((level) => `${level} --${level} 'said' é`));
  });

  it("actionGet() returns all parameters", async () => {
    expect(await tools.actionGet()).to.deep.equal(PARAMETERS);
  });

  it("actionSet() adds results and replaces earlier values", async () => {
    await tools.actionSet({ runners: "--a,b c", delta: '{"virtual-machines":1}' });
    await tools.actionSet({ runners: "=x=", count: "0" });
    await tools.actionSet({});
    expect(await fixture.end()).to.deep.equal({
      results: { runners: "=x=", delta: '{"virtual-machines":1}', count: "0" },
      failure: undefined,
      progress: [],
    });
  });

  it("actionFail() marks the action as failed, and keeps its results", async () => {
    await tools.actionSet({ done: "2" });
    await tools.actionFail("first");
    await tools.actionFail("--no LXD available");
    const { results, failure } = await fixture.end();
    expect({ results, failure }).to.deep.equal({ results: { done: "2" }, failure: "--no LXD available" });
  });

  it("actionLog() shows progress in order", async () => {
    await tools.actionLog("-1 of 2");
    await tools.actionLog("2 of 2");
    expect((await fixture.end()).progress).to.deep.equal(["-1 of 2", "2 of 2"]);
  });

  it("relationIDs() and storageList() return empty lists for unknown names", async () => {
    expect(await tools.relationIDs("no-such-endpoint")).to.deep.equal([]);
    expect(await tools.storageList("no-such-storage")).to.deep.equal([]);
  });

  it("secretGet() fails for an unknown secret", async () => {
    expect(await failure(tools.secretGet("secret:9m4e2mr0ui3e8a215n4g", "tracked"))).to.be.instanceOf(Error);
  });

  it("storageGet() fails for an unknown storage", async () => {
    expect(await failure(tools.storageGet("data/7"))).to.be.instanceOf(Error);
  });
}

async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
}
