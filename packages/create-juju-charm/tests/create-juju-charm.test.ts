import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { runCommandLine } from "../src/command-line.ts";

describe("create-juju-charm", () => {
  let directory: string;
  beforeEach(() => (directory = mkdtempSync(join(tmpdir(), "create-"))));
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  async function run(...argv: string[]) {
    const printed = { output: "", errors: "" };
    const code = await runCommandLine(argv, {
      directory,
      print: (text) => (printed.output += text),
      printError: (text) => (printed.errors += text),
    });
    return { code, ...printed };
  }

  const read = (path: string) => readFileSync(join(directory, path), "utf8");

  it("starts a project in a directory of the charm's name, and says how to go on", async () => {
    expect(await run("my-greeter")).to.deep.equal({
      code: 0,
      output: "Created the charm my-greeter. Next:\n\n  cd my-greeter\n  npm install\n  npm run pack\n\n",
      errors: "",
    });
    expect(readdirSync(join(directory, "my-greeter"))).to.include.members([
      ".github",
      ".gitignore",
      "README.md",
      "actions.yaml",
      "charm.yaml",
      "config.yaml",
      "eslint.config.js",
      "package.json",
      "src",
      "tests",
      "tsconfig.json",
    ]);
  });

  it("calls the charm, its class and its types by the name", async () => {
    await run("my-greeter");
    expect(read("my-greeter/charm.yaml")).to.match(/^name: my-greeter\ntitle: My Greeter\n/);
    expect(read("my-greeter/src/charm.ts")).to.include("class MyGreeterCharm extends Charm<MyGreeterTypes>");
    expect(JSON.parse(read("my-greeter/package.json"))).to.include({ name: "my-greeter", private: true });
    const paths = readdirSync(join(directory, "my-greeter"), { recursive: true, withFileTypes: true });
    for (const file of paths.filter((entry) => entry.isFile())) {
      expect(readFileSync(join(file.parentPath, file.name), "utf8"), file.name).not.to.match(/sample/i);
    }
  });

  it("starts one in an empty directory that is there, also the current one", async () => {
    mkdirSync(join(directory, "here"));
    expect((await run("here")).code).to.equal(0);
    expect((await run("below/there")).output).to.include("  cd below/there\n");
  });

  it("refuses a directory that has something in it, and leaves it alone", async () => {
    mkdirSync(join(directory, "taken"));
    writeFileSync(join(directory, "taken/file"), "mine");
    const { code, errors } = await run("taken");
    expect(code).to.equal(1);
    expect(errors).to.equal(
      `Cannot make a charm in ${directory}/taken: it is not empty; use another directory\n`,
    );
    expect(readdirSync(join(directory, "taken"))).to.deep.equal(["file"]);
  });

  it("refuses a path that is a file", async () => {
    writeFileSync(join(directory, "taken"), "mine");
    expect((await run("taken")).errors).to.include(`Cannot make ${directory}/taken: `);
  });

  for (const name of ["My-Charm", "1st", "my_charm", "a-1", "-x", "x-", "a b"]) {
    it(`refuses "${name}", which is no name of a charm`, async () => {
      const { code, errors } = await run("--", name);
      expect(code).to.equal(1);
      expect(errors).to.include(`Cannot call a charm "${name}": use lower-case letters`);
      expect(existsSync(join(directory, name))).to.equal(false);
    });
  }

  it("tells how it is used and its version", async () => {
    const { code, output } = await run("--help");
    expect(code).to.equal(0);
    expect(output).to.include("Usage: create-juju-charm <directory>");
    expect((await run("--version")).output).to.match(/^\d+\.\d+\.\d+\n$/);
  });

  it("refuses what it does not understand with exit code 2", async () => {
    expect(await run()).to.deep.include({
      code: 2,
      errors: "error: missing required argument 'directory'\n",
    });
    expect(await run("a", "b")).to.deep.include({ code: 2 });
    expect((await run("--hlep")).errors).to.equal("error: unknown option '--hlep'\n(Did you mean --help?)\n");
  });
});
