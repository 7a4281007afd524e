import { expect } from "chai";
import { linkSync, mkdirSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { claimedBytes } from "../../src/host/pool-claims.ts";
import { useTemporaryDirectory } from "../support/temporary-directory.ts";

const MIB = 2 ** 20;

describe("claimedBytes()", () => {
  const directory = useTemporaryDirectory();
  const path = (name: string) => join(directory.path, name);
  const claims = (planned: readonly { readonly path: string; readonly bytes: number }[] = []) =>
    claimedBytes(directory.path, path("own.img"), {
      directories: [path("one"), path("other"), path("none")],
      planned,
    });
  const makeSparse = (name: string, bytes: number) => {
    writeFileSync(path(name), "");
    truncateSync(path(name), bytes);
  };

  beforeEach(() => {
    for (const name of ["one", "other"]) mkdirSync(path(name));
  });

  it("is what sparse pool files may still grow by, without the unit's own", async () => {
    makeSparse("one/a.img", 100 * MIB);
    makeSparse("other/b.img", 50 * MIB);
    makeSparse("own.img", 900 * MIB);
    makeSparse("one/notes.txt", 900 * MIB);
    expect(await claims()).to.equal(150 * MIB);
  });

  it("is nothing for a file that holds all its blocks", async () => {
    writeFileSync(path("one/a.img"), Buffer.alloc(4 * MIB, 1));
    expect(await claims()).to.equal(0);
  });

  it("counts a file once, whatever its names are", async () => {
    makeSparse("one/a.img", 100 * MIB);
    linkSync(path("one/a.img"), path("other/a.img"));
    expect(await claims([{ path: path("one/a.img"), bytes: 100 * MIB }])).to.equal(100 * MIB);
  });

  it("counts files that other units have decided to create", async () => {
    expect(await claims([{ path: path("other/soon.img"), bytes: 70 * MIB }])).to.equal(70 * MIB);
  });

  it("does not count files on other disks", async () => {
    expect(await claims([{ path: "/proc/version", bytes: 70 * MIB }])).to.equal(0);
  });
});
