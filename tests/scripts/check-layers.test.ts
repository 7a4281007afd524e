import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { checkLayers } from "../../scripts/layers/check-layers.ts";
import { LAYERS } from "../../scripts/layers/layers.ts";

const NODE_MODULES = join(import.meta.dirname, "../../node_modules");
const USE = 'import { it } from "';

/** Each is a tree in which only the named import is against the table. */
const FORBIDDEN: readonly (readonly [title: string, from: string, code: string, rule: string])[] = [
  ["support imports a layer of ours", "src/support/a.ts", `${USE}../guest/it.ts";`, "support-imports"],
  ["the domain imports an adapter", "src/runners/a.ts", `${USE}../lxd/it.ts";`, "runners-imports"],
  ["the domain imports a package", "src/runners/a.ts", 'import "undici";', "runners-packages"],
  [
    "an adapter imports a value of a port",
    "src/lxd/a.ts",
    `${USE}../runners/ports.ts";`,
    "lxd-imports-types",
  ],
  [
    "an adapter imports a type of another module of the domain",
    "src/lxd/a.ts",
    'import type { it } from "../runners/it.ts";',
    "lxd-imports",
  ],
  ["an adapter imports another adapter", "src/github/a.ts", `${USE}../lxd/it.ts";`, "github-imports"],
  ["the agent imports the charm", "src/agent/a.ts", 'await import("../charm/it.ts");', "agent-imports"],
  ["the charm imports the agent", "src/charm/a.ts", `${USE}../agent/it.ts";`, "charm-imports"],
  ["the source imports a test", "src/charm/a.ts", `${USE}../../tests/it.ts";`, "charm-imports"],
  ["the composition root imports a script", "src/main.ts", `${USE}../scripts/it.ts";`, "main-imports"],
  ["a folder is in no row of the table", "src/helpers/a.ts", `${USE}../support/it.ts";`, "known-folders"],
  [
    "a charm's framework imports the side of Juju",
    "src/framework/a.ts",
    `${USE}../juju/it.ts";`,
    "juju-for-testing",
  ],
  [
    "a module imports itself by way of another",
    "src/charm/it.ts",
    `${USE}./again.ts"; export { it };`,
    "no-cycles",
  ],
  ["an import leads nowhere", "src/charm/a.ts", `${USE}./nowhere.ts";`, "resolvable"],
];

const ALLOWED: readonly (readonly [title: string, from: string, code: string])[] = [
  [
    "an adapter imports a type of a port",
    "src/lxd/a.ts",
    'import type { it } from "../runners/ports.ts";\nexport type A = typeof it;',
  ],
  ["an adapter loads its client", "src/github/a.ts", 'export const a = () => import("@octokit/rest");'],
  ["the charm imports an adapter", "src/charm/a.ts", `${USE}../lxd/it.ts";\nexport const a = it;`],
  [
    "a test imports everything",
    "tests/a.ts",
    `${USE}../src/lxd/it.ts";\nimport "undici";\nexport const a = it;`,
  ],
];

describe("checkLayers()", function () {
  this.timeout(20_000);
  let root: string;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "layers-"));
    symlinkSync(NODE_MODULES, join(root, "node_modules"));
    for (const folder of [...Object.keys(LAYERS).map((layer) => `src/${layer}`), "tests", "scripts"]) {
      write(`${folder}/it.ts`, "export const it = 1;\n");
    }
    write("src/runners/ports.ts", "export const it = 1;\n");
    write("src/charm/again.ts", 'export { it } from "./it.ts";\n');
  });

  afterEach(() => {
    rmSync(root, { recursive: true });
  });

  function write(path: string, content: string): void {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }

  for (const [title, from, code, rule] of FORBIDDEN) {
    it(`reports that ${title}`, async () => {
      write(from, code);
      const { violations } = await checkLayers(root, LAYERS);
      expect(violations.join("\n")).to.include(`[${rule}]`);
      expect(violations.join("\n")).to.include(from);
    });
  }

  for (const [title, from, code] of ALLOWED) {
    it(`accepts that ${title}`, async () => {
      write(from, code);
      expect((await checkLayers(root, LAYERS)).violations).to.deep.equal([]);
    });
  }

  it("fails where it sees no module", async () => {
    rmSync(join(root, "src"), { recursive: true });
    mkdirSync(join(root, "src"));
    const failure = await checkLayers(root, LAYERS).catch((thrown: unknown) => thrown);
    expect(String(failure)).to.include("saw no module");
  });
});
