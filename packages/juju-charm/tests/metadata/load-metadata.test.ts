import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { loadMetadata, MetadataError } from "../../src/metadata/index.ts";

const CHARM = "name: probe\nsummary: A probe.\ndescription: Probes.\n";

describe("loadMetadata()", () => {
  let directory: string;
  beforeEach(() => (directory = mkdtempSync(join(tmpdir(), "metadata-"))));
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  const errorOf = (): Promise<unknown> => loadMetadata(directory).catch((thrown: unknown) => thrown);

  it("reads the metadata.yaml of a packed charm without options and actions", async () => {
    writeFileSync(join(directory, "metadata.yaml"), CHARM);
    expect(await loadMetadata(directory)).to.include({ name: "probe" });
  });

  it("reads options and actions from their files", async () => {
    writeFileSync(join(directory, "charm.yaml"), CHARM);
    writeFileSync(join(directory, "config.yaml"), "options: {size: {type: int, default: 1}}");
    writeFileSync(join(directory, "actions.yaml"), "go: {description: Goes.}");
    const { options, actions } = await loadMetadata(directory);
    expect(Object.keys(options)).to.deep.equal(["size"]);
    expect(Object.keys(actions)).to.deep.equal(["go"]);
  });

  it("reads charmcraft's unified file", async () => {
    writeFileSync(join(directory, "charmcraft.yaml"), `${CHARM}config: {options: {size: {type: int}}}\n`);
    expect(Object.keys((await loadMetadata(directory)).options)).to.deep.equal(["size"]);
  });

  it("refuses a second metadata file", async () => {
    writeFileSync(join(directory, "charm.yaml"), CHARM);
    writeFileSync(join(directory, "charmcraft.yaml"), CHARM);
    expect(String(await errorOf())).to.include("charmcraft.yaml:1: charm.yaml exists too");
  });

  it("reports the missing file in a directory without a charm", async () => {
    const thrown = await errorOf();
    expect(thrown).to.be.instanceOf(MetadataError);
    expect(String(thrown)).to.include(`charm.yaml:1: ${directory} has no such file`);
  });
});
