import { expect } from "chai";
import { readCharmSettings } from "../../src/metadata/charm-settings.ts";
import { MetadataError } from "../../src/metadata/metadata-error.ts";

describe("readCharmSettings()", () => {
  const read = (charm: unknown) => readCharmSettings(JSON.stringify({ name: "x", charm }, undefined, "\t"));
  const refusal = (charm: unknown): string => {
    try {
      read(charm);
    } catch (thrown) {
      expect(thrown).to.be.instanceOf(MetadataError);
      return (thrown as MetadataError).message;
    }
    throw new Error("no problem was reported");
  };

  it("returns defaults without settings", () => {
    const defaults = {
      entry: "src/main.ts",
      programs: [],
      types: "src/metadata.generated.ts",
      files: [],
      plugins: [],
    };
    expect(read(undefined)).to.deep.equal(defaults);
    expect(readCharmSettings(undefined)).to.deep.equal(defaults);
  });

  it("returns the settings", () => {
    const settings = {
      entry: "main.ts",
      programs: ["service.ts"],
      types: "types.ts",
      files: ["a/**", "!a/b"],
      plugins: ["./p.js"],
    };
    expect(read(settings)).to.deep.equal(settings);
  });

  it("reports an unknown key with its line and a suggestion", () => {
    expect(refusal({ plugin: ["x.ts"] })).to.include(
      "package.json:4: charm.plugin is not known; did you mean plugins?",
    );
    expect(refusal({ nonsense: 1 })).to.include(
      "charm.nonsense is not known; use entry, programs, types, files or plugins",
    );
  });

  it("refuses values of other types", () => {
    expect(refusal({ files: "a" })).to.include("charm.files is not a list");
    expect(refusal({ entry: 1 })).to.include("charm.entry is not a string");
    expect(refusal("x")).to.include("charm is not a map");
  });

  for (const path of ["../x", "/x", "a/../../x", "!../x", ""]) {
    it(`refuses the path "${path}"`, () => {
      expect(refusal({ files: [path] })).to.include("use a path inside the charm directory");
    });
  }

  it("refuses a malformed package.json", () => {
    expect(() => readCharmSettings('{"a": ')).to.throw(
      MetadataError,
      "package.json:1: the YAML is malformed",
    );
  });
});
