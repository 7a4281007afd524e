import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { writeChecksums } from "../../../scripts/release/checksums.ts";
import { useTemporaryDirectory } from "../../support/temporary-directory.ts";

describe("writeChecksums()", () => {
  const directory = useTemporaryDirectory();

  it("lists all files in order, but not itself and its signature, as sha256sum checks them", async () => {
    mkdirSync(join(directory.path, "more"));
    for (const name of ["b", "a", "more/c", "SHA256SUMS.minisig"])
      writeFileSync(join(directory.path, name), name);
    await writeChecksums(directory.path);
    const path = await writeChecksums(directory.path);
    expect(path).to.equal(join(directory.path, "SHA256SUMS"));
    const names = readFileSync(path, "utf8")
      .trim()
      .split("\n")
      .map((line) => line.slice(66));
    expect(names).to.deep.equal(["a", "b", "more/c"]);
    const check = () =>
      execFileSync("sha256sum", ["--check", "--strict", "SHA256SUMS"], {
        cwd: directory.path,
        encoding: "utf8",
        stdio: "pipe",
      });
    expect(check()).to.equal("a: OK\nb: OK\nmore/c: OK\n");
    writeFileSync(join(directory.path, "b"), "changed");
    expect(check).to.throw();
  });
});
