import { expect } from "chai";
import { publishedManifest } from "../../../scripts/packages/manifest.ts";
import type { Manifest, Workspace } from "../../../scripts/packages/workspaces.ts";

const PUBLISHING = {
  repository: "https://example.com/charms",
  maintainer: "Ada <ada@example.org>",
  node: ">=20",
};

const workspace = (manifest: Partial<Manifest>): Workspace => ({
  folder: "parts",
  directory: "/repository/packages/parts",
  manifest: { name: "charm-parts", version: "1.2.3", ...manifest },
});

const published = (manifest: Partial<Manifest>, ...others: Workspace[]) => {
  const own = workspace(manifest);
  return publishedManifest(own, [own, ...others], PUBLISHING);
};

describe("publishedManifest()", () => {
  it("makes the emitted files of the sources that are exported, types first", () => {
    const exports = { ".": "./src/index.ts", "./pack": "./src/pack/index.ts" };
    expect(JSON.stringify(published({ exports }))).to.include(
      '"exports":{".":{"types":"./dist/index.d.ts","default":"./dist/index.js"},' +
        '"./pack":{"types":"./dist/pack/index.d.ts","default":"./dist/pack/index.js"}}',
    );
  });

  it("leaves files that are no sources as they are, and publishes them", () => {
    const manifest = published({ exports: { "./tsconfig.json": "./tsconfig.charm.json" } });
    expect(manifest).to.deep.include({
      exports: { "./tsconfig.json": "./tsconfig.charm.json" },
      files: ["tsconfig.charm.json", "README.md", "CHANGELOG.md"],
    });
  });

  it("makes the emitted files of programs, without what npm would take away", () => {
    expect(published({ bin: { parts: "./src/cli/main.ts" } })).to.deep.include({
      bin: { parts: "dist/cli/main.js" },
      files: ["dist", "src", "README.md", "CHANGELOG.md"],
    });
  });

  it("publishes files that are named beside the sources, such as a template", () => {
    const { files } = published({ bin: { parts: "./src/main.ts" }, files: ["template"] }) as Manifest;
    expect(files).to.deep.equal(["dist", "src", "template", "README.md", "CHANGELOG.md"]);
  });

  it("requires siblings in the version that they have, and everything else as it is", () => {
    const sibling: Workspace = { ...workspace({}), manifest: { name: "charm-kit", version: "0.4.1" } };
    const dependencies = { "charm-kit": "^0.4.0", yaml: "^2.9.1" };
    expect(published({ dependencies }, sibling)).to.deep.include({
      dependencies: { "charm-kit": "^0.4.1", yaml: "^2.9.1" },
    });
  });

  it("says where the package comes from, what it runs on and how it is published", () => {
    expect(published({ license: "Apache-2.0" })).to.deep.include({
      license: "Apache-2.0",
      homepage: "https://example.com/charms/tree/main/packages/parts#readme",
      repository: { type: "git", url: "git+https://example.com/charms.git", directory: "packages/parts" },
      bugs: { url: "https://example.com/charms/issues" },
      engines: { node: ">=20" },
      publishConfig: { access: "public", provenance: true },
    });
  });

  it("leaves out what is for this repository alone", () => {
    const manifest = published({ private: true, scripts: { build: "x" }, devDependencies: { yazl: "1" } });
    expect(manifest).not.to.have.any.keys("private", "scripts", "devDependencies");
  });
});
