import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { checkLayers } from "../../scripts/layers/check-layers.ts";
import { LAYERS, ROOTS, WITHOUT_JUJU } from "../../scripts/layers/layers.ts";

const NODE_MODULES = join(import.meta.dirname, "../../node_modules");
const TABLE = { layers: LAYERS, roots: ROOTS, withoutJuju: WITHOUT_JUJU };
const USE = 'import { it } from "';

/** Each is a tree in which only the named import is against the table. */
const FORBIDDEN: readonly (readonly [title: string, from: string, code: string, rule: string])[] = [
  ["the kit imports a room of ours", "packages/kit/src/a.ts", 'import "lxd-client";', "kit-imports"],
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
  [
    "the agent imports the framework",
    "packages/juju-agent/src/a.ts",
    'await import("juju-charm");',
    "juju-agent-imports",
  ],
  ["the charm imports the agent", "src/charm/a.ts", 'import "juju-agent";', "charm-imports"],
  ["the unit imports the charm", "src/unit/a.ts", `${USE}../charm/it.ts";`, "unit-imports"],
  ["the unit imports what is of Juju", "src/unit/a.ts", 'import "juju-charm";', "no-juju"],
  ["an adapter imports what is of Juju", "src/host/a.ts", 'import "juju-hook-tools";', "no-juju"],
  ["the source imports a test", "src/charm/a.ts", `${USE}../../tests/it.ts";`, "charm-imports"],
  ["the composition root imports a script", "src/main.ts", `${USE}../scripts/it.ts";`, "main-imports"],
  ["the composition root imports an adapter", "src/main.ts", `${USE}./lxd/it.ts";`, "main-imports"],
  ["a folder is in no row of the table", "src/helpers/a.ts", 'import "charm-kit";', "known-rooms"],
  [
    "a charm's framework imports the side of Juju",
    "packages/juju-charm/src/a.ts",
    'import "juju-hook-tools";',
    "juju-charm-imports-types",
  ],
  [
    "a charm's framework imports its testing kit",
    "packages/juju-charm/src/a.ts",
    `${USE}./testing/it.ts";`,
    "juju-charm-imports",
  ],
  [
    "a package is imported by a path into it",
    "src/charm/a.ts",
    `${USE}../../packages/kit/src/it.ts";`,
    "packages-by-their-entries",
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
  ["an adapter imports the kit", "src/lxd/a.ts", `${USE}charm-kit";\nexport const a = it;`],
  [
    "the framework imports a type that it shares with the side of Juju",
    "packages/juju-charm/src/a.ts",
    'import type { it } from "juju-hook-tools";\nexport type A = typeof it;',
  ],
  [
    "the testing kit imports the side of Juju",
    "packages/juju-charm/src/testing/a.ts",
    `${USE}juju-hook-tools";\nexport const a = it;`,
  ],
  [
    "a test imports everything",
    "tests/a.ts",
    `${USE}../src/lxd/it.ts";\nimport "undici";\nexport const a = it;`,
  ],
];

describe("checkLayers()", function () {
  this.timeout(120_000);
  let root: string;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "layers-"));
    for (const room of [...Object.keys(LAYERS), "tests", "scripts"]) {
      const name = /^packages\/([^/]+)$/.exec(room)?.[1];
      write(`${room}/${name ? "src/" : ""}it.ts`, "export const it = 1;\n");
      if (name) makePackage(name === "kit" ? "charm-kit" : name, room);
    }
    for (const name of ["undici", "@octokit"]) {
      symlinkSync(join(NODE_MODULES, name), join(root, "node_modules", name));
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

  function makePackage(name: string, directory: string): void {
    const manifest = { name, type: "module", exports: { ".": "./src/index.ts" } };
    write(`${directory}/package.json`, JSON.stringify(manifest));
    write(`${directory}/src/index.ts`, 'export { it } from "./it.ts";\n');
    mkdirSync(join(root, "node_modules"), { recursive: true });
    symlinkSync(join(root, directory), join(root, "node_modules", name));
  }

  for (const [title, from, code, rule] of FORBIDDEN) {
    it(`reports that ${title}`, async () => {
      write(from, code);
      const { violations } = await checkLayers(root, TABLE);
      expect(violations.join("\n")).to.include(`[${rule}]`);
      expect(violations.join("\n")).to.include(from);
    });
  }

  for (const [title, from, code] of ALLOWED) {
    it(`accepts that ${title}`, async () => {
      write(from, code);
      expect((await checkLayers(root, TABLE)).violations).to.deep.equal([]);
    });
  }

  it("fails where it sees no module", async () => {
    for (const folder of ["src", "packages"]) rmSync(join(root, folder), { recursive: true });
    mkdirSync(join(root, "src"));
    mkdirSync(join(root, "packages"));
    const failure = await checkLayers(root, TABLE).catch((thrown: unknown) => thrown);
    expect(String(failure)).to.include("saw no module");
  });
});
