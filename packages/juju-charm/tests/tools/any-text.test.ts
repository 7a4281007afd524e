import { expect } from "chai";
import { Secret } from "charm-kit";
import fc from "fast-check";
import { HookToolInputError, type HookTools } from "../../src/index.ts";
import { readMetadata } from "../../src/metadata/read-metadata.ts";
import { Context, Relation, State } from "../../src/testing/index.ts";
import { memoryTools } from "../../src/testing/memory-tools.ts";
import { Simulation } from "../../src/testing/simulation/simulation.ts";
import { commandLineHookTools } from "../../src/tools/command-line-hook-tools.ts";
import { RelationWrites } from "../../src/tools/relation-writes.ts";
import { rejection } from "../../../../tests/support/rejection.ts";

type Data = Readonly<Record<string, string>>;

const metadata = readMetadata({
  charm: "name: tiny\nsummary: S\ndescription: D\nrequires: {db: {interface: db}}\n",
});

/** Tools on the testing kit, whose `--file -` refuses what go-yaml refuses, and the tools that were called. */
function makeTools(): { readonly tools: HookTools; readonly called: string[] } {
  const { on } = new Context(() => ({}) as never, { metadata });
  const state = new State({ leader: true, relations: [new Relation({ endpoint: "db", id: 7 })] });
  const names = { appName: "tiny", unitName: "tiny/0" };
  const event = on.updateStatus();
  const hook = { ...names, metadata, event, now: () => 0, onRebootNow: () => undefined };
  const runTool = memoryTools(new Simulation(state, hook), "/");
  const called: string[] = [];
  const { signal } = new AbortController();
  const tools = commandLineHookTools({
    env: {},
    signal,
    runTool: (name, ...rest) => {
      called.push(name);
      return runTool(name, ...rest);
    },
  });
  return { tools, called };
}

/** Strings of any UTF-16 code units, with those that YAML and JSON treat differently more often than by chance. */
const codeUnits = fc.oneof(
  fc.string({ unit: "binary" }),
  fc
    .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 8 })
    .map((units) => String.fromCharCode(...units)),
  fc
    .array(
      fc.constantFrom(
        ...["\0", "\u0007", "\t", "\n", "\r", " ", '"', "\\", "{", ":", "?", "<<", "~", "-", "#", "'"],
        ...[
          "\u007f",
          "\u0080",
          "\u0085",
          "\u00a0",
          "\u2028",
          "\u2029",
          "\ufeff",
          "\ufffd",
          "\ufffe",
          "\uffff",
        ],
        ...["\ud800", "\udfff", "😀", "__proto__", "null", "yes", "k".repeat(1500), "é".repeat(600)],
      ),
      { maxLength: 5 },
    )
    .map((parts) => parts.join("")),
);
const anyData: fc.Arbitrary<Data> = fc.dictionary(codeUnits, codeUnits, { minKeys: 1, maxKeys: 3 });

/** Whether Juju can hold the strings: UTF-8 text, with keys that are neither empty nor cut at U+0000. */
function isText(data: Data): boolean {
  const wellFormed = Object.entries(data)
    .flat()
    .every((text) => text.isWellFormed());
  return wellFormed && Object.keys(data).every((key) => key !== "" && !key.includes("\0"));
}

function fitsState(data: Data): boolean {
  return Object.keys(data).every((key) => Buffer.byteLength(key) <= 256);
}

/** The entries that remain: an empty value removes its key from relation data. */
function kept(data: Data): Data {
  return Object.fromEntries(Object.entries(data).filter(([, value]) => value !== ""));
}

describe("any string", () => {
  it("arrives unchanged in relation data, or is refused before relation-set is called", async () => {
    await fc.assert(
      fc.asyncProperty(anyData, async (data) => {
        const { tools, called } = makeTools();
        if (!isText(data)) {
          expect(await rejection(tools.relationSet(7, "app", data))).to.be.instanceOf(HookToolInputError);
          expect(called).to.deep.equal([]);
          return;
        }
        await tools.relationSet(7, "app", data);
        expect(await tools.relationGet(7, "tiny")).to.deep.equal(kept(data));
      }),
      { numRuns: 1000 },
    );
  });

  it("is refused where the handler writes it, although the write is buffered", async () => {
    await fc.assert(
      fc.asyncProperty(anyData, async (data) => {
        const { tools, called } = makeTools();
        const writes = new RelationWrites(tools, { unitName: "tiny/0", appName: "tiny", relation: 7 });
        const before = await tools.relationGet(7, "tiny/0");
        called.length = 0;
        const write = writes.tools.relationSet(7, "unit", data);
        if (isText(data)) await write;
        else expect(await rejection(write)).to.be.instanceOf(HookToolInputError);
        expect(called).to.deep.equal([]);
        await writes.flush();
        expect(await tools.relationGet(7, "tiny/0")).to.deep.equal(
          isText(data) ? kept({ ...before, ...data }) : before,
        );
      }),
    );
  });

  it("is refused in relation data when it was made from a secret", async () => {
    const { tools } = makeTools();
    const writes = new RelationWrites(tools, { unitName: "tiny/0", appName: "tiny" });
    const url = `https://user:${String(new Secret("hunter2"))}@example.com`;
    const refusal = await rejection(writes.tools.relationSet(7, "unit", { url }));
    expect(refusal.message).to.equal(
      'Cannot run relation-set: the value of "url" holds [redacted], the text of a Secret; share its ID, or use reveal()',
    );
  });

  it("arrives unchanged in the controller's state, or is refused before state-set is called", async () => {
    await fc.assert(
      fc.asyncProperty(anyData, async (data) => {
        const { tools, called } = makeTools();
        if (!isText(data) || !fitsState(data)) {
          expect(await rejection(tools.stateSet(data))).to.be.instanceOf(HookToolInputError);
          expect(called).to.deep.equal([]);
          return;
        }
        await tools.stateSet(data);
        expect(await tools.stateGet()).to.deep.equal(data);
      }),
      { numRuns: 1000 },
    );
  });

  it("stateDelete() refuses an empty key, for which Juju deletes nothing", async () => {
    const { tools, called } = makeTools();
    expect(await rejection(tools.stateDelete(""))).to.be.instanceOf(HookToolInputError);
    expect(called).to.deep.equal([]);
  });

  it("stateSet() refuses a value that Juju would refuse", async () => {
    const { tools, called } = makeTools();
    const refusal = await rejection(tools.stateSet({ key: "é".repeat(32 * 1024 + 1) }));
    expect(refusal.message).to.equal(
      "Cannot run state-set: a value has 65538 bytes, and Juju accepts at most 65536",
    );
    expect(called).to.deep.equal([]);
  });
});
