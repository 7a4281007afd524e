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
    throw new Error("nothing was refused");
  };

  it("gives the defaults of a package without any", () => {
    const defaults = {
      entry: "src/main.ts",
      types: "src/metadata.generated.ts",
      files: [],
      plugins: [],
    };
    expect(read(undefined)).to.deep.equal(defaults);
    expect(readCharmSettings(undefined)).to.deep.equal(defaults);
  });

  it("takes what is set", () => {
    const settings = { entry: "main.ts", types: "types.ts", files: ["a/**", "!a/b"], plugins: ["./p.js"] };
    expect(read(settings)).to.deep.equal(settings);
  });

  it("refuses a key that it does not know, with its line and what was meant", () => {
    expect(refusal({ plugin: ["x.ts"] })).to.include(
      "package.json:4: charm.plugin is not known; did you mean plugins?",
    );
    expect(refusal({ nonsense: 1 })).to.include(
      "charm.nonsense is not known; use entry, types, files or plugins",
    );
  });

  it("refuses values of other types", () => {
    expect(refusal({ files: "a" })).to.include("charm.files is no list");
    expect(refusal({ entry: 1 })).to.include("charm.entry is no text");
    expect(refusal("x")).to.include("charm is no map");
  });

  for (const path of ["../x", "/x", "a/../../x", "!../x", ""]) {
    it(`refuses the path "${path}"`, () => {
      expect(refusal({ files: [path] })).to.include("use a path inside the charm's directory");
    });
  }

  it("refuses a package.json that is malformed", () => {
    expect(() => readCharmSettings('{"a": ')).to.throw(
      MetadataError,
      "package.json:1: the YAML is malformed",
    );
  });
});
