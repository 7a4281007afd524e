import { expect } from "chai";
import type { HookTools, JsonObject, Status } from "../../src/index.ts";
import type { LogLevel } from "charm-kit";

/** How a running action looks from outside, once it has ended. */
export interface EndedAction {
  readonly results: JsonObject;
  readonly failure: string | undefined;
  readonly progress: readonly string[];
}

/** An implementation of {@link HookTools} while an action runs, with what a test needs around it. */
export interface HookToolsBench {
  readonly tools: HookTools;
  /** Lines of the charm's log, as `LEVEL message`. */
  lines(): readonly string[];
  /** Statuses that the unit has shown, oldest first. */
  statuses(): readonly Status[];
  /** Ends the action. */
  end(): Promise<EndedAction>;
  dispose(): Promise<void>;
}

/** What the options and parameters of every bench are. */
export const CONFIG = { text: "a < b & 'c'\n\"é\"", number: 3, ratio: 1.5, flag: false } as const;
export const PARAMETERS = { name: "world", nested: { depth: 2 } } as const;

const LEVELS: readonly LogLevel[] = ["TRACE", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"];
const STATUS_NAMES = ["maintenance", "blocked", "waiting", "active"] as const;

/** What every implementation of {@link HookTools} does within an action of a leader. Each test has an action of its own. */
export function describeHookTools(make: () => Promise<HookToolsBench>): void {
  let bench: HookToolsBench;
  let tools: HookTools;

  beforeEach(async () => {
    bench = await make();
    ({ tools } = bench);
  });
  afterEach(() => bench.dispose());

  it("configGet() gives the options with their types, and none that is unset", async () => {
    expect(await tools.configGet()).to.deep.equal(CONFIG);
    expect(await tools.configGet()).to.deep.equal(CONFIG);
  });

  it("isLeader() tells that the unit leads", async () => {
    expect(await tools.isLeader()).to.equal(true);
  });

  for (const name of STATUS_NAMES) {
    it(`statusSet() shows ${name} at once, with its message as it is`, async () => {
      const status = { name, message: "-8 of 10: $(ls) 'x' é\ttab" };
      await tools.statusSet(status);
      expect(bench.statuses().at(-1)).to.deep.include(status);
      expect(await tools.statusGet()).to.deep.equal(status);
    });
  }

  it("statusSet() shows statuses in their order", async () => {
    for (const message of ["one", "two", ""]) await tools.statusSet({ name: "maintenance", message });
    expect(
      bench
        .statuses()
        .slice(-3)
        .map(({ message }) => message),
    ).to.deep.equal(["one", "two", ""]);
    expect(await tools.statusGet()).to.deep.equal({ name: "maintenance", message: "" });
  });

  it("log() writes lines of every level in their order", async () => {
    for (const level of LEVELS) await tools.log(level, `--${level} 'said' é`);
    expect(bench.lines()).to.deep.equal(LEVELS.map((level) => `${level} --${level} 'said' é`));
  });

  it("actionGet() gives all parameters", async () => {
    expect(await tools.actionGet()).to.deep.equal(PARAMETERS);
  });

  it("actionSet() adds results, and a later value of a key wins", async () => {
    await tools.actionSet({ runners: "--a,b c", delta: '{"virtual-machines":1}' });
    await tools.actionSet({ runners: "=x=", count: "0" });
    await tools.actionSet({});
    expect(await bench.end()).to.deep.equal({
      results: { runners: "=x=", delta: '{"virtual-machines":1}', count: "0" },
      failure: undefined,
      progress: [],
    });
  });

  it("actionFail() marks the action as failed, and keeps its results", async () => {
    await tools.actionSet({ done: "2" });
    await tools.actionFail("first");
    await tools.actionFail("--no LXD is there");
    const { results, failure } = await bench.end();
    expect({ results, failure }).to.deep.equal({ results: { done: "2" }, failure: "--no LXD is there" });
  });

  it("actionLog() shows progress in its order", async () => {
    await tools.actionLog("-1 of 2");
    await tools.actionLog("2 of 2");
    expect((await bench.end()).progress).to.deep.equal(["-1 of 2", "2 of 2"]);
  });

  it("relationIDs() and storageList() give nothing where there is none", async () => {
    expect(await tools.relationIDs("no-such-endpoint")).to.deep.equal([]);
    expect(await tools.storageList("no-such-storage")).to.deep.equal([]);
  });

  it("secretGet() fails for a secret that is not there", async () => {
    expect(await failure(tools.secretGet("secret:9m4e2mr0ui3e8a215n4g", "tracked"))).to.be.instanceOf(Error);
  });

  it("storageGet() fails for a storage that is not there", async () => {
    expect(await failure(tools.storageGet("data/7"))).to.be.instanceOf(Error);
  });
}

async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
}
