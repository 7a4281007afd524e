import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { expect } from "chai";
import type { PackedPackage } from "../../scripts/packages/pack-packages.ts";
import { entriesOf, readWorkspaces } from "../../scripts/packages/workspaces.ts";
import { installNodeVersions, NODE_VERSIONS, type NodeVersion } from "./node-versions.ts";
import { packedPackages } from "./packed-packages.ts";
import { Stranger } from "./stranger.ts";

const ROOT = join(import.meta.dirname, "../..");
const WORKSPACES = readWorkspaces(ROOT);
const MODULES = WORKSPACES.flatMap((workspace) => Object.keys(entriesOf(workspace)));

/** The oldest compiler that is tested, with the types of the oldest supported Node.js. */
const OLDEST = ["typescript@5.9.3", "@types/node@20.19.43"];

const SETTINGS = {
  module: "nodenext",
  target: "es2023",
  lib: ["es2023"],
  types: ["node"],
  strict: true,
  skipLibCheck: false,
  noEmit: true,
};

describe("The packed packages", function () {
  this.timeout(360_000);
  let packed: readonly PackedPackage[];
  let node: Readonly<Record<NodeVersion, string>>;
  let stranger: Stranger;

  before(async () => {
    node = await installNodeVersions();
    packed = await packedPackages(AbortSignal.timeout(330_000));
    stranger = await Stranger.arrive(packed);
    const names = packed.map(({ name }) => name);
    await stranger.install(
      ["npm init -y", "npm pkg set type=module", `npm install ${[...names, ...OLDEST].join(" ")}`],
      node[24],
    );
  });
  after(() => stranger.leave());

  it("compile in a strict project, declarations included, with the oldest compiler and types", async () => {
    const imports = MODULES.map((module, index) => `export * as m${index} from "${module}";\n`);
    await stranger.write("index.ts", imports.join(""));
    await stranger.write("tsconfig.json", JSON.stringify({ compilerOptions: SETTINGS, files: ["index.ts"] }));
    const { stdout } = await stranger.run("npx tsc --version && npx tsc", { node: node[24] });
    expect(stdout).to.equal("Version 5.9.3\n");
  });

  for (const version of NODE_VERSIONS) {
    it(`are imported and required on Node.js ${version}`, async () => {
      const imported = MODULES.map((module) => `await import("${module}");`).join("\n");
      await stranger.write("imports.mjs", `${imported}\nconsole.log("imported");\n`);
      const required = MODULES.map((module) => `require("${module}");`).join("\n");
      await stranger.write("requires.cjs", `${required}\nconsole.log("required");\n`);
      const { stdout } = await stranger.run("node imports.mjs && node requires.cjs", { node: node[version] });
      expect(stdout).to.equal("imported\nrequired\n");
    });
  }

  it("hold what their source maps name, and no tests", () => {
    for (const { name } of packed) {
      const directory = join(stranger.directory, "node_modules", name);
      const maps = globSync("dist/**/*.map", { cwd: directory });
      for (const map of maps) {
        const { sources } = JSON.parse(readFileSync(join(directory, map), "utf8")) as {
          readonly sources: readonly string[];
        };
        const missing = sources.filter((source) => !existsSync(resolve(directory, dirname(map), source)));
        expect(missing, `${name}/${map}`).to.deep.equal([]);
      }
      expect(globSync("{dist,src}/**/*.test.*", { cwd: directory }), name).to.deep.equal([]);
    }
  });
});
