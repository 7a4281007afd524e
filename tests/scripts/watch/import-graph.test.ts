import { join } from "node:path";
import { expect } from "chai";
import { ImportGraph } from "../../../scripts/watch/import-graph.ts";
import { readGraph } from "../../../scripts/watch/read-repository.ts";

function graphOf(texts: Readonly<Record<string, string>>): ImportGraph {
  const graph = new ImportGraph(new Map([["kit", "packages/kit/src/index.ts"]]));
  for (const [file, text] of Object.entries(texts)) graph.set(file, text);
  return graph;
}

describe("ImportGraph", () => {
  const texts = {
    "src/a.ts": "export const a = 1;",
    "src/b.ts": 'import { a } from "./a.ts";',
    "src/types.ts": 'import type { A } from "./a.ts";\nexport type { B } from "./b.ts";',
    "src/lazy.ts": 'const { a } = await import("./b.ts");',
    "src/user.ts": 'import { Secret } from "kit";',
    "packages/kit/src/index.ts": 'export * from "./secret.ts";',
    "tests/main.test.ts": 'const MAIN = join(import.meta.dirname, "../src/lazy.ts");',
  };

  it("finds dependents, near and far, with the shortest chain to the changed module", () => {
    expect([...graphOf(texts).dependents(["src/a.ts"])]).to.deep.equal([
      ["src/a.ts", ["src/a.ts"]],
      ["src/b.ts", ["src/b.ts", "src/a.ts"]],
      ["src/lazy.ts", ["src/lazy.ts", "src/b.ts", "src/a.ts"]],
      ["tests/main.test.ts", ["tests/main.test.ts", "src/lazy.ts", "src/b.ts", "src/a.ts"]],
    ]);
  });

  it("follows packages by their names", () => {
    const dependents = graphOf(texts).dependents(["packages/kit/src/secret.ts"]);
    expect(dependents.get("src/user.ts")).to.deep.equal([
      "src/user.ts",
      "packages/kit/src/index.ts",
      "packages/kit/src/secret.ts",
    ]);
  });

  it("follows changed and deleted modules", () => {
    const graph = graphOf(texts);
    graph.set("src/b.ts", "");
    graph.delete("tests/main.test.ts");
    expect([...graph.dependents(["src/a.ts"]).keys()]).to.deep.equal(["src/a.ts"]);
    expect([...graph.dependents(["src/lazy.ts"]).keys()]).to.deep.equal(["src/lazy.ts"]);
  });

  it("ends at modules that import each other", () => {
    const graph = graphOf({ "a.ts": 'import "./b.ts";', "b.ts": 'import "./a.ts";' });
    expect([...graph.dependents(["a.ts"]).keys()]).to.deep.equal(["a.ts", "b.ts"]);
  });

  it("of this repository leads from sources and packages to their tests", () => {
    const graph = readGraph(join(import.meta.dirname, "../../.."));
    expect([...graph.dependents(["src/runners/plan.ts"]).keys()]).to.include("tests/runners/plan.test.ts");
    expect([...graph.dependents(["packages/kit/src/secret.ts"]).keys()]).to.include.members([
      "packages/juju-agent/tests/command-line.test.ts",
      "tests/charm/charm.test.ts",
    ]);
  });
});
