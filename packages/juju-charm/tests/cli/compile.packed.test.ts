import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { CharmProject } from "./charm-project.ts";

describe("juju-charm with TypeScript", function () {
  this.timeout(360_000);
  let charm: CharmProject;
  beforeEach(() => (charm = new CharmProject()));
  afterEach(() => {
    charm.remove();
  });

  it("checks a charm with its own TypeScript and the settings of the package", async () => {
    await charm.run("generate");
    expect(charm.spawn("check")).to.deep.equal({ code: 0, output: "", errors: "" });
    charm.write("src/main.ts", "const list: number[] = [];\nexport const first: number = list[0];\n");
    const { code, output } = charm.spawn("check");
    expect(code).not.to.equal(0);
    expect(output).to.match(/src\/main\.ts\(2,14\): error TS2322/);
  });

  it("generates types, checks the charm, and packs it into dist/", () => {
    const { code, output } = charm.spawn("pack");
    expect(code).to.equal(0);
    expect(output).to.match(
      /^Wrote src\/metadata\.generated\.ts\ndist\/small_ubuntu-24\.04_\w+\.charm packed \(0 MB, \d+\.\d s\)\n$/,
    );
    expect(charm.spawn("pack").output).to.match(/is up to date/);
  });

  it("packs nothing when the charm does not compile", () => {
    charm.write("src/main.ts", "const x: number = '';\n");
    const { code, output } = charm.spawn("pack");
    expect(code).not.to.equal(0);
    expect(output).to.include("error TS2322");
    expect(existsSync(join(charm.directory, "dist"))).to.equal(false);
  });
});
