import { expect } from "chai";
import { costsBy, mergeProfiles, type CallFrame, type CpuProfile } from "./cpu-profile.ts";
import { drawProfile } from "./draw-profile.ts";
import { PackedSources, roomOf, shortSource } from "./packed-sources.ts";

const frame = (functionName: string, url = "file:///charm/lib/main.mjs"): CallFrame => ({
  functionName,
  url,
  lineNumber: 0,
  columnNumber: 0,
});
/** The root calls work twice, work calls read; then nothing is done. */
const PROFILE: CpuProfile = {
  nodes: [
    { id: 1, callFrame: frame("(root)", ""), children: [2, 4] },
    { id: 2, callFrame: frame("work"), children: [3] },
    { id: 3, callFrame: frame("read", "node:fs") },
    { id: 4, callFrame: frame("(idle)", "") },
  ],
  samples: [2, 3, 4, 2],
  timeDeltas: [0, 1000, 3000, 9000],
};
const merged = (...profiles: readonly CpuProfile[]) =>
  mergeProfiles(profiles, ({ functionName, url }) => ({ name: functionName, source: url || functionName }));

describe("A profile of the charm's programs", () => {
  it("gives each function the time until the next sample, and each caller what it called", () => {
    const { totalMs, children } = merged(PROFILE);
    const [work] = children.values();
    expect(totalMs).to.equal(4);
    expect(work).to.deep.include({ selfMs: 1, totalMs: 4 });
    expect([...(work?.children.values() ?? [])]).to.deep.equal([
      { frame: { name: "read", source: "node:fs" }, selfMs: 3, totalMs: 3, children: new Map() },
    ]);
  });

  it("leaves out the time in which nothing was done", () => {
    expect(costsBy(merged(PROFILE), ({ name }) => name)).to.deep.equal([
      ["read", 3],
      ["work", 1],
    ]);
  });

  it("adds several runs up", () => {
    expect(costsBy(merged(PROFILE, PROFILE), () => "all")).to.deep.equal([["all", 8]]);
  });

  it("is drawn with callers above what they called, as wide as their time, and with nothing that ends a text early", () => {
    const tree = merged({
      ...PROFILE,
      nodes: PROFILE.nodes.map((node) => (node.id === 3 ? { ...node, callFrame: frame("<b>&") } : node)),
    });
    const picture = drawProfile("dispatch", tree);
    const boxes = [...picture.matchAll(/<rect x="(\S+)" y="(\d+)" width="(\S+)" height="16"/g)];
    expect(boxes.map(([, x, y, width]) => [x, y, width])).to.deep.equal([
      ["0", "34", "1200"],
      ["0", "51", "1200"],
      ["0", "68", "900"],
    ]);
    expect(picture).to.include("dispatch: 4 ms").and.to.include("&lt;b&gt;&amp; ").and.not.to.include("<b>");
  });

  it("tells of a file without a source map by its name, and of the runtime's own work by what it is", () => {
    const sources = new PackedSources();
    const frames = [
      frame("", "node:fs/promises"),
      frame("resolve", "node:internal/modules/esm/loader"),
      frame("(program)", ""),
      frame("open", ""),
      frame("x"),
    ];
    expect(frames.map((at) => sources.find(at))).to.deep.equal([
      { name: "(without a name)", source: "node:fs" },
      { name: "resolve", source: "node:internal/modules" },
      { name: "(program)", source: "(program)" },
      { name: "open", source: "native code" },
      { name: "x", source: "main.mjs" },
    ]);
  });

  it("names a room of the sources, or a package that we depend on", () => {
    const paths = [
      "../../src/lxd/observe.ts",
      "../../packages/kit/src/index.ts",
      "../../node_modules/undici/lib/core/request.js",
      "../../node_modules/@octokit/core/dist/index.js",
    ];
    expect(paths.map((path) => roomOf(shortSource(path)))).to.deep.equal([
      "src/lxd",
      "packages/kit",
      "undici",
      "@octokit/core",
    ]);
  });
});
