import { expect } from "chai";
import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { inspectArchive } from "../../src/host/inspect-archive.ts";
import { tarFile, type Member } from "./tar-file.ts";

const signal = new AbortController().signal;

describe("inspectArchive()", () => {
  let directory = "";
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "inspect-archive-"));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  const inspect = async (content: Buffer, limits?: { entries: number; bytes: number }) => {
    const path = join(directory, "archive");
    await writeFile(path, content);
    return inspectArchive(path, signal, limits);
  };
  const link = (path: string, linkpath: string): Member => ({ path, type: "SymbolicLink", linkpath });

  it("finds nothing wrong with what GNU tar packs: files, directories, long names, links that stay inside", async () => {
    const tree = join(directory, "tree");
    const deep = `externals/${"long-".repeat(30)}/lib/node_modules/npm/bin`;
    await mkdir(join(tree, deep), { recursive: true });
    await mkdir(join(tree, "bin"));
    await writeFile(join(tree, deep, "npm-cli.js"), "x");
    await writeFile(join(tree, "run.sh"), "x".repeat(10_000));
    await symlink(`../${deep}/npm-cli.js`, join(tree, "bin/npm"));
    await symlink("npm", join(tree, "bin/npx"));
    execFileSync("ln", [join(tree, "run.sh"), join(tree, "again.sh")]);
    for (const format of ["gnu", "pax"]) {
      const packed = execFileSync("tar", ["-cz", `--format=${format}`, "-C", tree, "."]);
      expect(await inspect(packed), format).to.equal(undefined);
    }
  });

  const hostile: readonly (readonly [string, readonly Member[], RegExp])[] = [
    ["an absolute path", [{ path: "/etc/passwd" }], /"\/etc\/passwd" has a path that leads out/],
    ["a path with ..", [{ path: "a/../../etc/passwd" }], /leads out of it/],
    ["a path that ends with ..", [{ path: "a/..", type: "Directory" }], /leads out of it/],
    ["an absolute link", [link("a", "/etc/passwd")], /"a" is a link that points out/],
    ["a link that climbs out", [link("bin/a", "../../etc")], /"bin\/a" is a link that points out/],
    ["a link to nothing", [link("a", "")], /cannot be read/],
    ["a hard link to elsewhere", [{ path: "a", type: "Link", linkpath: "../etc/shadow" }], /points out/],
    ["an absolute hard link", [{ path: "a", type: "Link", linkpath: "/etc/shadow" }], /points out/],
    ["a member below a link", [link("a", "b"), { path: "a/c" }], /"a\/c" leads through a symbolic link/],
    ["a member below a link that comes later", [{ path: "a/c" }, link("a", "b")], /through a symbolic link/],
    [
      "a link that climbs by way of another one",
      [link("deep/er/s", "../.."), link("a", "deep/er/s/..")],
      /"a" leads through a symbolic link/,
    ],
    ["a character device", [{ path: "null", type: "CharacterDevice" }], /is of the type CharacterDevice/],
    ["a block device", [{ path: "disk", type: "BlockDevice" }], /is of the type BlockDevice/],
    ["a pipe", [{ path: "pipe", type: "FIFO" }], /is of the type FIFO/],
    ["no members", [], /cannot be read/],
  ];
  for (const [title, members, fault] of hostile) {
    it(`finds ${title}`, async () => {
      const sound: Member = { path: "run.sh", content: Buffer.from("x") };
      expect(await inspect(tarFile(members.length > 0 ? [sound, ...members] : []))).to.match(fault);
    });
  }

  it("ends at more members than there may be, and at more bytes, however small they are packed", async () => {
    const limits = { entries: 100, bytes: 1_000_000 };
    const many = Array.from({ length: 101 }, (_, index) => ({ path: `file-${index}` }));
    expect(await inspect(tarFile(many), limits)).to.equal("it has more than 100 members");
    const zeros = Buffer.alloc(100_000_000);
    const bomb = tarFile([{ path: "zeros", content: zeros }]);
    expect(bomb.length).to.be.lessThan(200_000);
    expect(await inspect(bomb, limits)).to.equal("it unpacks to more than 1000000 bytes");
  });

  it("finds that it is cut off, damaged, or no archive at all", async () => {
    const sound = tarFile([{ path: "run.sh", content: Buffer.alloc(5000, "x") }]);
    expect(await inspect(sound.subarray(0, sound.length - 10))).to.match(/cannot be read/);
    expect(await inspect(Buffer.from("not gzip"))).to.match(/cannot be read/);
    expect(await inspect(gzipSync("not tar ".repeat(1000)))).to.match(/cannot be read/);
    expect(await inspect(tarFile([{ path: "short", size: 100_000 }]))).to.match(/cannot be read/);
  });

  it("ends with the reason of an abort", async () => {
    const controller = new AbortController();
    const reason = new Error("the unit is stopping");
    controller.abort(reason);
    const path = join(directory, "archive");
    await writeFile(path, tarFile([{ path: "run.sh" }]));
    const thrown: unknown = await inspectArchive(path, controller.signal).catch((error: unknown) => error);
    expect(thrown).to.equal(reason);
  });
});
