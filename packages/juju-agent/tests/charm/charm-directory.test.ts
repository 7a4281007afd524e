import { expect } from "chai";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { useTemporaryDirectory } from "../../../../tests/support/temporary-directory.ts";
import { installCharmDirectory } from "../../src/charm/charm-directory.ts";
import { NEVER, packCharm } from "../tiny-charm.ts";

describe("installCharmDirectory()", () => {
  const directory = useTemporaryDirectory();
  const path = (name: string) => join(directory.path, name);
  const install = async (revision: number, files: Readonly<Record<string, string>>) => {
    const archive = await packCharm(path(`${revision}.charm`), "true", files);
    await installCharmDirectory(directory.path, { archive, name: "tiny", revision }, NEVER);
  };

  it("keeps the charm's own files, and deletes files that only the old archive had", async () => {
    await install(0, { "old.txt": "0", "both.txt": "0" });
    writeFileSync(path("charm/own.txt"), "own");
    await install(1, { "both.txt": "1" });
    expect(readFileSync(path("charm/both.txt"), "utf8")).to.equal("1");
    expect(readFileSync(path("charm/own.txt"), "utf8")).to.equal("own");
    expect(existsSync(path("charm/old.txt"))).to.equal(false);
  });

  for (const damage of ["", '["dispa', "null", "[1]", '{"a":1}']) {
    it(`replaces a charm whose manifest is ${damage || "empty"}`, async () => {
      await install(0, { "old.txt": "0", "both.txt": "0" });
      writeFileSync(path("charm/own.txt"), "own");
      writeFileSync(path("manifests/0.json"), damage);
      await install(1, { "both.txt": "1" });
      expect(readFileSync(path("charm/both.txt"), "utf8")).to.equal("1");
      expect(readFileSync(path("charm/own.txt"), "utf8")).to.equal("own");
    });
  }
});
