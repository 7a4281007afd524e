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

  const faultOf = (): Promise<unknown> => loadMetadata(directory).catch((thrown: unknown) => thrown);

  it("reads the metadata.yaml of a packed charm, and does without options and actions", async () => {
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

  it("reads the one file of charmcraft", async () => {
    writeFileSync(join(directory, "charmcraft.yaml"), `${CHARM}config: {options: {size: {type: int}}}\n`);
    expect(Object.keys((await loadMetadata(directory)).options)).to.deep.equal(["size"]);
  });

  it("refuses a second file of metadata, which would not be read", async () => {
    writeFileSync(join(directory, "charm.yaml"), CHARM);
    writeFileSync(join(directory, "charmcraft.yaml"), CHARM);
    expect(String(await faultOf())).to.include("charmcraft.yaml:1: charm.yaml is there too");
  });

  it("says what is missing in a directory that has no charm in it", async () => {
    const thrown = await faultOf();
    expect(thrown).to.be.instanceOf(MetadataError);
    expect(String(thrown)).to.include(`charm.yaml:1: there is no such file in ${directory}`);
  });
});
