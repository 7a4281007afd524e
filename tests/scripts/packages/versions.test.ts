import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { faultsOfVersions } from "../../../scripts/packages/versions.ts";

describe("faultsOfVersions()", () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "versions-"));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  const faults = () =>
    faultsOfVersions([{ folder: "parts", directory, manifest: { name: "charm-parts", version: "0.2.0" } }]);

  it("is content when the changes begin with the version of the package", () => {
    writeFileSync(join(directory, "CHANGELOG.md"), "# charm-parts\n\n## 0.2.0\n\n## 0.1.0\n");
    expect(faults()).to.deep.equal([]);
  });

  it("tells of changes that begin with another version, or are missing", () => {
    const fault = "packages/parts: charm-parts has the version 0.2.0, and the newest in its CHANGELOG.md is";
    expect(faults()).to.deep.equal([`${fault} none`]);
    writeFileSync(join(directory, "CHANGELOG.md"), "# charm-parts\n\n## 0.1.0\n");
    expect(faults()).to.deep.equal([`${fault} 0.1.0`]);
  });
});
