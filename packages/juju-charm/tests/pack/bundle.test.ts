import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { bundle, bundleProgram } from "../../src/pack/bundle.ts";

describe("bundle()", function () {
  this.timeout(120_000);
  let directory: string;
  beforeEach(() => (directory = mkdtempSync(join(tmpdir(), "bundle-"))));
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  const write = (name: string, text: string) => {
    writeFileSync(join(directory, name), text);
  };

  it("maps positions to the sources, despite the hashbang line", async () => {
    write("main.ts", "const name: string = 'x';\n\nconsole.log(new Error(name).stack);\n");
    const { files } = await bundle(directory, "main.ts");
    for (const { name, content } of files) writeFileSync(join(directory, name), content);
    const main = files.find(({ name }) => name === "main.mjs");
    expect(Buffer.from(main?.content ?? []).toString()).to.match(/^#!runtime\/bin\/node\n/);
    const output = execFileSync(process.execPath, ["--enable-source-maps", join(directory, "main.mjs")]);
    expect(output.toString()).to.match(/main\.ts:3:13/);
  });

  it("loads two files at the start when a dynamic import shares modules with it", async () => {
    write("part.ts", "export const part = () => 'part';\n");
    write("other.ts", "export const other = () => 'other';\n");
    write("later.js", "import { part } from './part.ts';\nexport const later = part();\n");
    write("common.cjs", "exports.common = 1;\n");
    write(
      "main.ts",
      `import { part } from "./part.ts";
       import { other } from "./other.ts";
       const { later } = await import("./later.js");
       const { default: common } = await import("./common.cjs");
       console.log(part(), other(), later, common.common);`,
    );
    const { files, startFiles } = await bundle(directory, "main.ts");
    expect(startFiles.length).to.be.within(2, 3);
    for (const { name, content } of files) writeFileSync(join(directory, name), content);
    expect(execFileSync(process.execPath, [join(directory, "main.mjs")]).toString()).to.equal(
      "part other part 1\n",
    );
  });
});

describe("what bundles load of Node.js", function () {
  this.timeout(120_000);
  let directory: string;
  beforeEach(() => (directory = mkdtempSync(join(tmpdir(), "bundle-"))));
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  const USES = `
    import { createServer, Agent as HttpAgent } from "node:http";
    import path, { join as joined } from "path";
    import * as files from "node:fs";
    console.log(typeof createServer, typeof HttpAgent, path.join === joined, typeof files.readFileSync);
    console.log(process.moduleLoadList.some((name) => name.endsWith("/undici")));`;

  /** @returns what the program prints, one line each. */
  const run = (program: readonly { readonly name: string; readonly content: Uint8Array }[], name: string) => {
    for (const file of program) writeFileSync(join(directory, file.name), file.content);
    return execFileSync(process.execPath, [join(directory, name)])
      .toString()
      .trim()
      .split("\n");
  };

  // Without the bundler it does, from Node.js 22 on.
  it("is what they use: an import of node:http loads no fetch", async () => {
    writeFileSync(join(directory, "main.mjs"), USES);
    const kinds = "function function true function";
    const { files, sources } = await bundle(directory, "main.mjs");
    expect(run(files, "main.mjs")).to.deep.equal([kinds, "false"]);
    expect(sources).to.deep.equal(["main.mjs"]);
    const program = await bundleProgram(directory, "main.mjs");
    expect(run(program.files, "main.mjs")).to.deep.equal([kinds, "false"]);
    expect(program.sources).to.deep.equal(["main.mjs"]);
  });

  it("is the same for each file, without a file of its own", async () => {
    writeFileSync(join(directory, "one.mjs"), 'import { EOL } from "node:os";\nexport const one = EOL;\n');
    writeFileSync(join(directory, "two.mjs"), 'import { EOL } from "node:os";\nexport const two = EOL;\n');
    const imports =
      'const [{ one }, { two }] = await Promise.all([import("./one.mjs"), import("./two.mjs")]);';
    writeFileSync(join(directory, "main.mjs"), `${imports}\nconsole.log(one === two);\n`);
    const { files } = await bundle(directory, "main.mjs");
    expect(files.filter(({ name }) => name.endsWith(".mjs"))).to.have.length(3);
    expect(run(files, "main.mjs")).to.deep.equal(["true"]);
  });

  it("is the same in any directory, which no file names", async () => {
    const bundlesIn = async (name: string) => {
      const charm = join(directory, name);
      mkdirSync(charm);
      writeFileSync(join(charm, "main.mjs"), USES);
      const bundles = [await bundle(charm, "main.mjs"), await bundleProgram(charm, "main.mjs")];
      const files = bundles.flatMap((each) => each.files);
      return files.map((file) => [file.name, Buffer.from(file.content).toString()]);
    };
    const one = await bundlesIn("one");
    expect(await bundlesIn("another one")).to.deep.equal(one);
    expect(JSON.stringify(one)).to.not.include(directory);
  });

  it("must be there: a misspelt name is told with its position", async () => {
    writeFileSync(join(directory, "main.mjs"), 'import { jion } from "node:path";\nconsole.log(jion);\n');
    const told = await bundle(directory, "main.mjs").catch((thrown: unknown) => String(thrown));
    expect(told).to.include("main.mjs:1:9").and.to.include("jion");
  });
});

describe("bundleProgram()", function () {
  this.timeout(120_000);
  let directory: string;
  beforeEach(() => (directory = mkdtempSync(join(tmpdir(), "bundle-"))));
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  it("puts a program with its dynamic imports into one file of its name, which runs", async () => {
    writeFileSync(join(directory, "later.ts"), "export const later: string = 'later';\n");
    writeFileSync(
      join(directory, "service.ts"),
      "// the program’s comment\nconst { later } = await import('./later.ts');\nconsole.log(later, process.argv[2]);\n",
    );
    const { files, sources } = await bundleProgram(directory, "service.ts");
    expect(files.map(({ name }) => name).sort()).to.deep.equal(["service.mjs", "service.mjs.map"]);
    expect([...sources].sort()).to.deep.equal(["later.ts", "service.ts"]);
    for (const { name, content } of files) writeFileSync(join(directory, name), content);
    const output = execFileSync(process.execPath, [join(directory, "service.mjs"), "fleet-0"]);
    expect(output.toString()).to.equal("later fleet-0\n");
    expect(readFileSync(join(directory, "service.mjs"), "utf8")).to.not.include("comment");
  });
});
