import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import { bundle } from "../../src/pack/bundle.ts";
import { packCharm } from "../../src/pack/pack-charm.ts";
import { rejection } from "../../../../tests/support/rejection.ts";
import { unpack } from "./unpack.ts";

const ROOT = join(import.meta.dirname, "../../../..");
const EXAMPLE = join(ROOT, "examples/greeter");

describe("packCharm() for another charm", function () {
  this.timeout(180_000);
  let directory: string;
  beforeEach(() => (directory = mkdtempSync(join(tmpdir(), "pack-"))));
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  it("packs the metadata of that charm without result schemas", async () => {
    const { path } = await packCharm({ charm: EXAMPLE, outputDirectory: directory });
    expect(path).to.match(/\/greeter_ubuntu-24\.04_\w+\.charm$/);
    const unpacked = join(directory, "unpacked");
    const modes = await unpack(path, unpacked);
    expect([...modes.keys()]).to.include.members([
      "dispatch",
      "lib/main.mjs",
      "runtime/bin/node",
      "config.yaml",
    ]);
    const { greet } = parse(readFileSync(join(unpacked, "actions.yaml"), "utf8")) as Record<string, object>;
    expect(greet).to.have.all.keys("description", "params", "required");
  });

  it("bundles no code of this repository's charm", async () => {
    const { sources } = await bundle(EXAMPLE, "src/main.ts");
    expect(
      sources.filter(
        (source) => source.includes("/src/") && !/packages\/(juju-charm|kit)\/src\//.test(source),
      ),
    ).to.deep.equal([]);
    expect(sources.filter((source) => source.includes("node_modules/"))).to.satisfy((packages: string[]) =>
      packages.every((source) => source.includes("/eventemitter3/")),
    );
  });

  it("reports a missing program and missing bases", async () => {
    cpSync(join(EXAMPLE, "charm.yaml"), join(directory, "charm.yaml"));
    const noProgram = await rejection(packCharm({ charm: directory }));
    expect(noProgram.message).to.include("it has no src/main.ts; create one");
    cpSync(join(EXAMPLE, "src"), join(directory, "src"), { recursive: true });
    writeFileSync(join(directory, "charm.yaml"), "name: bare\nsummary: Bare.\ndescription: Bare.\n");
    const noBase = await rejection(packCharm({ charm: directory }));
    expect(noBase.message).to.include("no base in charm.yaml supports it; add one to bases");
  });
});
