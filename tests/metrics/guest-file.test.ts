import { execFileSync, fork } from "node:child_process";
import { link, mkdir, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { once } from "node:events";
import { join } from "node:path";
import { expect } from "chai";
import { readGuestFile } from "../../src/metrics/guest-file.ts";
import { Refusal } from "../../src/metrics/guest-file-content.ts";
import { useTemporaryDirectory } from "../support/temporary-directory.ts";

const LARGEST = 1024;

describe("readGuestFile()", () => {
  const directory = useTemporaryDirectory();
  const path = () => join(directory.path, "pre-job-metrics.json");
  const read = async () => {
    const content = await readGuestFile(path());
    return content instanceof Refusal ? content.reason : content?.toString();
  };

  it("reads a plain file up to its largest size", async () => {
    for (const content of ["", "{}", "x".repeat(LARGEST)]) {
      await writeFile(path(), content);
      expect(await read()).to.equal(content);
    }
  });

  it("finds nothing where nothing is", async () => {
    expect(await read()).to.equal(undefined);
  });

  it("refuses a file of one byte more, and a huge one without reading it", async () => {
    await writeFile(path(), "x".repeat(LARGEST + 1));
    expect(await read()).to.equal("it has 1025 bytes");
    await truncate(path(), 2 ** 40);
    expect(await read()).to.equal(`it has ${2 ** 40} bytes`);
  });

  it("refuses links, whatever they lead to", async () => {
    for (const target of ["/etc/passwd", "/nowhere", ".", "pre-job-metrics.json", "/dev/zero"]) {
      await rm(path(), { force: true });
      await symlink(target, path());
      expect(await read()).to.equal("it is a symbolic link");
    }
  });

  it("refuses a file that has another name", async () => {
    await writeFile(path(), "{}");
    await link(path(), join(directory.path, "another"));
    expect(await read()).to.equal("it has 2 names");
  });

  it("refuses a directory and a pipe, and waits for no writer", async () => {
    await mkdir(path());
    expect(await read()).to.equal("it is a directory");
    await rm(path(), { recursive: true });
    execFileSync("mkfifo", [path()]);
    expect(await read()).to.equal("it is a pipe");
  });

  it("refuses a socket", async () => {
    const server = createServer().listen(path());
    await once(server, "listening");
    try {
      expect(await read()).to.equal("it is a socket");
    } finally {
      server.close();
    }
  });

  it("refuses a device that never ends", async function () {
    if (process.getuid?.() !== 0) this.skip();
    execFileSync("mknod", [path(), "c", "1", "5"]);
    expect(await read()).to.equal("it is a device");
  });

  it("takes nothing from a file that grows and shrinks under its eyes but a whole of some moment", async () => {
    const child = fork(join(import.meta.dirname, "restless-writer.ts"), [path()], { stdio: "ignore" });
    await once(child, "message");
    const seen = new Set<string>();
    for (let attempt = 0; attempt < 500; attempt++) {
      const content = (await read()) ?? "nothing";
      seen.add(/^(a*|b*)$/.test(content) ? "whole" : content);
    }
    child.kill("SIGKILL");
    await once(child, "exit");
    seen.delete("whole");
    for (const other of seen) {
      expect(other).to.match(
        /^(nothing|it changed while it was read|it has \d+ bytes|it has [02] names|it is a symbolic link|it cannot be opened: .*)$/,
      );
    }
  });
});
