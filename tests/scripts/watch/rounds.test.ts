import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { watchChanges } from "../../../scripts/watch/changes.ts";
import { ImportGraph } from "../../../scripts/watch/import-graph.ts";
import { describeRound, planRound, type Round } from "../../../scripts/watch/plan-round.ts";
import { Rounds } from "../../../scripts/watch/rounds.ts";
import { commandsOf } from "../../../scripts/watch/run-round.ts";
import { useTemporaryDirectory } from "../../support/temporary-directory.ts";

function graphOf(texts: Readonly<Record<string, string>>): ImportGraph {
  const graph = new ImportGraph(new Map());
  for (const [file, text] of Object.entries(texts)) graph.set(file, text);
  return graph;
}

const GRAPH = graphOf({
  "src/a.ts": "",
  "src/options.ts": 'readFileSync("config.yaml")',
  "tests/a.test.ts": 'import "../src/a.ts";',
  "tests/a.lxd.test.ts": 'import "../src/a.ts";',
  "tests/options.test.ts": 'import "../src/options.ts";',
  "tests/docs/links.test.ts": 'globSync("docs/**/*.md")',
});

describe("planRound()", () => {
  it("runs the fast tests that need a changed module, and names those that it leaves", () => {
    expect(planRound(["src/a.ts"], GRAPH)).to.deep.equal({
      changed: ["src/a.ts"],
      tests: [{ file: "tests/a.test.ts", chain: ["tests/a.test.ts", "src/a.ts"] }],
      left: ["tests/a.lxd.test.ts"],
      types: true,
    });
  });

  it("runs a changed test itself", () => {
    expect(planRound(["tests/a.test.ts"], GRAPH).tests).to.deep.equal([
      { file: "tests/a.test.ts", chain: ["tests/a.test.ts"] },
    ]);
  });

  it("runs the tests of modules that name a changed file, without a check of types", () => {
    const { tests, types } = planRound(["config.yaml"], GRAPH);
    expect(tests.map(({ file }) => file)).to.deep.equal(["tests/options.test.ts"]);
    expect(types).to.equal(false);
  });

  it("runs the tests of pages for a changed page", () => {
    const { tests } = planRound(["docs/how-to/new.md"], GRAPH);
    expect(tests.map(({ file }) => file)).to.deep.equal(["tests/docs/links.test.ts"]);
  });
});

describe("a round", () => {
  it("is announced with the reason for each test", () => {
    expect(describeRound(planRound(["src/a.ts", "tests/options.test.ts"], GRAPH))).to.equal(
      [
        "Changed: src/a.ts, tests/options.test.ts",
        "  tests/a.test.ts: src/a.ts",
        "  tests/options.test.ts: itself",
        "  left to npm test: tests/a.lxd.test.ts",
        "  types",
        "",
      ].join("\n"),
    );
  });

  it("is the tests, then the types; many test files are run in parallel", () => {
    const round = (count: number): Round => ({
      changed: [],
      tests: Array.from({ length: count }, (_, index) => ({ file: `${index}.test.ts`, chain: [] })),
      left: [],
      types: true,
    });
    expect(commandsOf(round(0)).map(([program]) => program)).to.deep.equal(["tsc"]);
    expect(commandsOf(round(2)).map(([program]) => program)).to.deep.equal(["mocha", "tsc"]);
    expect(commandsOf(round(2))[0]).not.to.include("--parallel");
    expect(commandsOf(round(10))[0]).to.include("--parallel");
  });
});

describe("Rounds", () => {
  const directory = useTemporaryDirectory();

  /** Rounds whose ends a test decides. */
  function steered() {
    const started: { readonly changed: readonly string[]; readonly end: (succeeded: boolean) => void }[] = [];
    const rounds = new Rounds({
      root: directory.path,
      graph: graphOf({}),
      run: ({ changed }, signal) =>
        new Promise((resolve) => {
          started.push({ changed, end: resolve });
          signal.addEventListener("abort", () => {
            resolve(false);
          });
        }),
    });
    return { rounds, started };
  }

  const turn = () => new Promise(setImmediate);

  it("end a round that runs when files change, and take its files into the next", async () => {
    const { rounds, started } = steered();
    const first = rounds.start(["b.md"]);
    await turn();
    const second = rounds.start(["a.md"]);
    await first;
    await turn();
    expect(started.map(({ changed }) => changed)).to.deep.equal([["b.md"], ["a.md", "b.md"]]);
    started[1]!.end(true);
    await second;
  });

  it("run a file again that changed during its round, however that ended", async () => {
    const seen: (readonly string[])[] = [];
    const rounds: Rounds = new Rounds({
      root: directory.path,
      graph: graphOf({}),
      run: async ({ changed }) => {
        seen.push(changed);
        if (seen.length === 1) again = rounds.start(["a.md"]);
        await turn();
        return true;
      },
    });
    let again: Promise<void> | undefined;
    await rounds.start(["a.md"]);
    await again;
    expect(seen).to.deep.equal([["a.md"], ["a.md"]]);
  });

  it("keep the files of a failed round until one succeeds", async () => {
    const { rounds, started } = steered();
    for (const [file, succeeded] of [
      ["a.md", false],
      ["b.md", true],
      ["c.md", true],
    ] as const) {
      const round = rounds.start([file]);
      await turn();
      started.at(-1)!.end(succeeded);
      await round;
    }
    expect(started.map(({ changed }) => changed)).to.deep.equal([["a.md"], ["a.md", "b.md"], ["c.md"]]);
  });

  it("read changed modules again, and forget deleted ones", async () => {
    const seen: string[][] = [];
    const rounds = new Rounds({
      root: directory.path,
      graph: graphOf({}),
      run: ({ tests }) => {
        seen.push(tests.map(({ file }) => file));
        return Promise.resolve(true);
      },
    });
    writeFileSync(join(directory.path, "a.test.ts"), 'import "./b.ts";');
    await rounds.start(["a.test.ts"]);
    await rounds.start(["b.ts"]);
    rmSync(join(directory.path, "a.test.ts"));
    await rounds.start(["a.test.ts"]);
    await rounds.start(["b.ts"]);
    expect(seen[1]).to.deep.equal(["a.test.ts"]);
    expect(seen[3]).to.deep.equal([]);
  });
});

describe("watchChanges()", () => {
  const directory = useTemporaryDirectory();

  it("gives changed files of the folders and of the root together, and none that nobody edits", async () => {
    const { path: root } = directory;
    mkdirSync(join(root, "src/deep"), { recursive: true });
    mkdirSync(join(root, "src/node_modules"));
    const controller = new AbortController();
    const changed = new Promise<readonly string[]>((resolve) => {
      watchChanges({ root, folders: ["src"], quietMs: 500, onChange: resolve, signal: controller.signal });
    });
    for (const file of [
      "src/deep/a.ts",
      "src/node_modules/b.ts",
      "src/deep/.a.ts.swp",
      "src/c.ts~",
      "config.yaml",
    ])
      writeFileSync(join(root, file), "changed");
    expect(await changed).to.deep.equal(["config.yaml", "src/deep/a.ts"]);
    controller.abort();
  });
});
