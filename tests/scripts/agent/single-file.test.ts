import { execFile } from "node:child_process";
import {
  chmodSync,
  chownSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync, inflateRawSync } from "node:zlib";
import { expect } from "chai";
import { writeArchive } from "juju-charm/pack";
import { create } from "tar";
import { findDeflated } from "../../../scripts/agent/deflated-entry.ts";
import { renderSingleFile } from "../../../scripts/agent/single-file.ts";

/** Stands for Node.js: tells that it was started, by whom, and with what. */
const NODE = `#!/bin/sh
[ "$1" = --version ] && { echo unpacked >>"$HOME/unpackings"; exit; }
echo "$JUJU_AGENT_FILE" "$@"
exit 3
`;
const MACHINE = process.arch === "arm64" ? "aarch64" : "x86_64";
const NOBODY = 65534;
const isRoot = process.getuid?.() === 0;

describe("renderSingleFile()", function () {
  this.timeout(120_000);
  let home: string;
  let payload: Buffer;

  beforeEach(async () => {
    home = mkdtempSync(join(tmpdir(), "single-file-"));
    for (const folder of ["bin", "lib"]) await mkdir(join(home, "source", folder), { recursive: true });
    writeFileSync(join(home, "source/bin/node"), NODE, { mode: 0o755 });
    // Of its own in each test, so that no test finds another's copy.
    writeFileSync(join(home, "source/lib/main.mjs"), home);
    const parts: Buffer[] = [];
    for await (const part of create({ cwd: join(home, "source"), portable: true }, ["bin", "lib"]))
      parts.push(part);
    payload = gzipSync(Buffer.concat(parts));
    if (isRoot) chownSync(home, NOBODY, NOBODY);
  });
  afterEach(() => {
    rmSync(home, { recursive: true, force: true });
  });

  const file = () => join(home, "agent");
  const cache = () => join(home, ".cache/juju-agent");
  const write = (content: Uint8Array) => {
    writeFileSync(file(), content, { mode: 0o755 });
    chmodSync(file(), 0o755);
  };
  const render = (machine = MACHINE) =>
    renderSingleFile({ name: "juju-agent", version: "1.2.3", architecture: "any", machine, payload });
  /** Root's copies would be the machine's own. */
  const run = (...argv: string[]) =>
    new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
      const [program = "", ...words] = isRoot
        ? ["setpriv", "--clear-groups", `--reuid=${NOBODY}`, `--regid=${NOBODY}`, ...argv]
        : argv;
      const env = { PATH: process.env["PATH"], HOME: home };
      const child = execFile(program, words, { env, cwd: home }, (_, stdout, stderr) => {
        resolve({ code: child.exitCode ?? -1, stdout, stderr });
      });
    });
  const unpacked = () => readdirSync(cache()).filter((name) => name !== ".lock");

  it("runs the program with its own path and all words, and unpacks once", async () => {
    write(render());
    for (const argv of [[file()], ["./agent"], ["sh", "agent"], ["sh", "./agent"]]) {
      const { code, stdout, stderr } = await run(...argv, "two words", "*", "--help");
      expect({ code, stderr }).to.deep.equal({ code: 3, stderr: "" });
      const [name] = unpacked();
      expect(stdout.replace("/./", "/")).to.equal(
        `${file()} ${cache()}/${name ?? ""}/lib/main.mjs two words * --help\n`,
      );
    }
    expect(statSync(join(home, "unpackings")).size).to.equal("unpacked\n".length);
  });

  it("unpacks once when several start at the same time, and removes what a killed one has left", async () => {
    write(render());
    await mkdir(join(cache(), ".unpack-killed"), { recursive: true });
    if (isRoot)
      for (const path of [".cache", ".cache/juju-agent", ".cache/juju-agent/.unpack-killed"])
        chownSync(join(home, path), NOBODY, NOBODY);
    const all = await Promise.all(Array.from({ length: 8 }, () => run(file())));
    expect(all.map(({ code }) => code)).to.deep.equal(Array.from({ length: 8 }, () => 3));
    expect(unpacked()).to.have.length(1);
    expect(statSync(join(home, "unpackings")).size).to.equal("unpacked\n".length);
  });

  it("starts nothing of a file that is damaged or not whole", async () => {
    const whole = render();
    const damaged = Buffer.from(whole);
    damaged.writeUInt8(damaged.readUInt8(damaged.length - 20) ^ 1, damaged.length - 20);
    for (const content of [damaged, whole.subarray(0, -1), Buffer.concat([whole, Buffer.from("x")])]) {
      write(content);
      const { code, stdout, stderr } = await run(file());
      expect({ code, stdout }).to.deep.equal({ code: 1, stdout: "" });
      expect(stderr).to.match(
        /^ERROR Cannot start the agent: .* is damaged: its checksum is wrong; copy it again\n/,
      );
      expect(unpacked()).to.deep.equal([]);
    }
  });

  it("refuses another architecture before it unpacks", async () => {
    write(render("sparc64"));
    const { code, stderr } = await run(file());
    expect(code).to.equal(1);
    expect(stderr).to.match(
      /^ERROR Cannot start the agent: this file is for Linux on sparc64, and this machine is/,
    );
  });

  it("has the Node.js of its charm once, in the unchanged archive of the charm", async () => {
    const archive = join(home, "tiny.charm");
    const node = join(home, "source/bin/node");
    await writeArchive(archive, [
      { path: "a-first-file", content: { bytes: Buffer.from("first") } },
      { path: "runtime/bin/node", content: { file: node }, executable: true, compressionLevel: 1 },
    ]);
    const content = readFileSync(archive);
    const parts: Buffer[] = [];
    for await (const part of create({ cwd: join(home, "source"), portable: true }, ["lib"])) parts.push(part);
    const charm = { name: "tiny.charm", content, runtime: findDeflated(content, "runtime/bin/node") };
    const facts = { name: "tiny-agent", version: "1.2.3", architecture: "any", machine: MACHINE };
    write(renderSingleFile({ ...facts, payload: gzipSync(Buffer.concat(parts)), charm }));
    const { code, stdout, stderr } = await run(file(), "status");
    expect({ code, stderr }).to.deep.equal({ code: 3, stderr: "" });
    const own = join(home, ".cache/tiny-agent");
    const [name = ""] = readdirSync(own).filter((each) => each !== ".lock");
    expect(stdout).to.equal(`${file()} ${own}/${name}/lib/main.mjs status\n`);
    expect(readFileSync(join(own, name, "tiny.charm")).equals(content)).to.be.true;
    expect(readFileSync(join(own, name, "bin/node"), "utf8")).to.equal(NODE);
  });

  it("lets nobody but its user write to the copy", async () => {
    write(render());
    await run(file());
    const [name = ""] = unpacked();
    for (const path of ["", "bin", "bin/node", "lib/main.mjs"])
      expect(statSync(join(cache(), name, path)).mode & 0o022, path).to.equal(0);
  });
});

describe("findDeflated()", () => {
  it("refuses an archive without the file, with it uncompressed, and what is no archive", async () => {
    const directory = mkdtempSync(join(tmpdir(), "deflated-"));
    try {
      const archive = join(directory, "a.zip");
      await writeArchive(archive, [
        { path: "plain", content: { bytes: Buffer.from("text") }, compressionLevel: 0 },
        { path: "small", content: { bytes: Buffer.from("text".repeat(9)) } },
      ]);
      const content = readFileSync(archive);
      const { start, length, size } = findDeflated(content, "small");
      expect(inflateRawSync(content.subarray(start, start + length)).toString()).to.equal("text".repeat(9));
      expect(size).to.equal(36);
      expect(() => findDeflated(content, "absent")).to.throw("Cannot find absent");
      expect(() => findDeflated(content, "plain")).to.throw("it is not deflated");
      expect(() => findDeflated(content.subarray(0, -1), "small")).to.throw("it has no end record");
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
