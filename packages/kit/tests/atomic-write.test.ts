import { expect } from "chai";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, statSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { useTemporaryDirectory } from "../../../tests/support/temporary-directory.ts";
import {
  diskSteps,
  makeFileAtomically,
  removeFile,
  writeFileAtomically,
  type WriteSteps,
} from "../src/index.ts";

const WRITER = join(import.meta.dirname, "atomic-writer.ts");
/** No process has it: the kernel's numbers end before. */
const DEAD = 2 ** 22 + 1;
const OLD = "the old content";
const NEW = "the new content, longer: ä€😀";

describe("writeFileAtomically()", () => {
  const directory = useTemporaryDirectory();
  const path = () => join(directory.path, "record.json");
  const content = () => readFileSync(path(), "utf8");
  const modeOf = (file: string) => statSync(file).mode & 0o777;
  const write = (text: string | Uint8Array, steps?: WriteSteps) =>
    writeFileAtomically(path(), text, { mode: 0o600, ...(steps && { steps }) });
  const failing = () => Promise.reject(new Error("broken"));
  const failureOf = (steps: WriteSteps) => write(NEW, steps).catch((thrown: unknown) => thrown);

  it("writes text and bytes, with exactly the mode that was asked for", async () => {
    const before = process.umask(0o077);
    try {
      await writeFileAtomically(path(), OLD, { mode: 0o644 });
      expect([content(), modeOf(path())]).to.deep.equal([OLD, 0o644]);
      await writeFileAtomically(path(), new Uint8Array([65, 66]), { mode: 0o640, durable: false });
      expect([content(), modeOf(path())]).to.deep.equal(["AB", 0o640]);
    } finally {
      process.umask(before);
    }
    expect(readdirSync(directory.path)).to.deep.equal(["record.json"]);
  });

  it("never lets others read a file that is only for its owner, not even while it is written", async () => {
    const modes: number[] = [];
    await write(NEW, {
      ...diskSteps,
      rename: async (from, to) => {
        modes.push(modeOf(from));
        await diskSteps.rename(from, to);
      },
    });
    expect(modes).to.deep.equal([0o600]);
  });

  it("leaves the old content and no partial file when any step before the new name fails", async () => {
    const bytes = Buffer.from(NEW);
    const cases: WriteSteps[] = [{ ...diskSteps, rename: failing }];
    for (let written = 0; written <= bytes.length; written += 1) {
      cases.push({
        ...diskSteps,
        create: async (file) => {
          writeFileSync(file, bytes.subarray(0, written));
          await failing();
        },
      });
    }
    for (const steps of cases) {
      await write(OLD);
      expect(await failureOf(steps)).to.have.property("message", "broken");
      expect([content(), readdirSync(directory.path)]).to.deep.equal([OLD, ["record.json"]]);
    }
  });

  it("has the whole new content in place when only the directory could not be synced", async () => {
    await write(OLD);
    expect(await failureOf({ ...diskSteps, syncDirectory: failing })).to.have.property("message", "broken");
    expect(content()).to.equal(NEW);
  });

  it("syncs file and directory unless the file need not survive a power cut", async () => {
    const synced: unknown[] = [];
    const steps: WriteSteps = {
      ...diskSteps,
      create: (file, text, options) => {
        synced.push(options.durable);
        return diskSteps.create(file, text, options);
      },
      syncDirectory: (name) => {
        synced.push(name);
        return diskSteps.syncDirectory(name);
      },
    };
    await writeFileAtomically(path(), NEW, { mode: 0o600, steps });
    await writeFileAtomically(path(), NEW, { mode: 0o600, durable: false, steps });
    expect(synced).to.deep.equal([true, directory.path, false]);
  });

  it("tells a full disk by the system's error, and keeps the old content", async () => {
    await write(OLD);
    const full: WriteSteps = {
      ...diskSteps,
      // A device that takes nothing: the real error of the real system call.
      create: (_path, text) => writeFile("/dev/full", text),
    };
    expect(await failureOf(full)).to.have.property("code", "ENOSPC");
    expect(content()).to.equal(OLD);
  });

  it("replaces a symbolic link instead of writing through it", async () => {
    const target = join(directory.path, "precious");
    writeFileSync(target, OLD);
    symlinkSync(target, path());
    await write(NEW);
    expect([content(), readFileSync(target, "utf8")]).to.deep.equal([NEW, OLD]);
  });

  it("refuses to write through a symbolic link in the place of its partial file", async () => {
    const target = join(directory.path, "precious");
    writeFileSync(target, OLD);
    const thrown = await failureOf({
      ...diskSteps,
      create: (file, text, options) => {
        symlinkSync(target, file);
        return diskSteps.create(file, text, options);
      },
    });
    expect(thrown).to.have.property("code", "EEXIST");
    expect(readFileSync(target, "utf8")).to.equal(OLD);
  });

  it("removes partial files of dead processes, and none of a living process or of another file", async () => {
    const partials = [
      `record.json.${DEAD}-abc~`,
      `record.json.${process.pid}-abc~`,
      `record.jso.${DEAD}-abc~`,
    ];
    const others = [`record.json.${DEAD}~`, "record.json~"];
    for (const name of [...partials, ...others]) writeFileSync(join(directory.path, name), "half");
    await write(NEW);
    const left = ["record.json", ...partials.slice(1), ...others];
    expect(readdirSync(directory.path).sort()).to.deep.equal(left.sort());
  });

  it("removes a partial file of an earlier process with the same number once no write can be under way", async () => {
    const partial = join(directory.path, `record.json.${process.pid}-abc~`);
    writeFileSync(partial, "half");
    utimesSync(partial, new Date(), new Date(Date.now() - 2 * 3_600_000));
    await write(NEW);
    expect(readdirSync(directory.path)).to.deep.equal(["record.json"]);
  });

  it("lets writers of the same file work side by side: the content is always of one of them", async () => {
    const texts = Array.from({ length: 20 }, (_, index) => String(index).repeat(10_000));
    await Promise.all(texts.map((text) => write(text)));
    expect(texts).to.include(content());
    expect(readdirSync(directory.path)).to.deep.equal(["record.json"]);
  });

  it("leaves a whole file whenever its process is killed, and its partial files to the next write", async function () {
    this.timeout(60_000);
    for (let round = 0; round < 5; round += 1) {
      const writer = spawn(process.execPath, [WRITER, path()], { stdio: ["ignore", "pipe", "inherit"] });
      await once(writer.stdout, "data");
      await sleep(round * 4);
      writer.kill("SIGKILL");
      await once(writer, "exit");
      expect(content()).to.match(/^(.)\1{199999}$/);
    }
    await write(NEW);
    expect(readdirSync(directory.path)).to.deep.equal(["record.json"]);
  });

  it("fails where there is no directory", async () => {
    const thrown = await writeFileAtomically(join(path(), "none"), NEW, { mode: 0o600 }).catch(
      (error: unknown) => error,
    );
    expect(thrown).to.have.property("code", "ENOENT");
  });
});

describe("makeFileAtomically()", () => {
  const directory = useTemporaryDirectory();
  const path = () => join(directory.path, "archive");

  it("puts in place what was made beside it", async () => {
    writeFileSync(path(), OLD);
    for (const durable of [true, false]) {
      await makeFileAtomically(path(), (partial) => writeFile(partial, NEW, { flag: "wx" }), { durable });
      expect([readFileSync(path(), "utf8"), readdirSync(directory.path)]).to.deep.equal([NEW, ["archive"]]);
    }
  });

  it("leaves the old file and nothing else when the new one could not be made", async () => {
    writeFileSync(path(), OLD);
    const failure = new Error("broken");
    const thrown = await makeFileAtomically(path(), async (partial) => {
      await writeFile(partial, "half");
      throw failure;
    }).catch((error: unknown) => error);
    expect(thrown).to.equal(failure);
    expect([readFileSync(path(), "utf8"), readdirSync(directory.path)]).to.deep.equal([OLD, ["archive"]]);
  });
});

describe("removeFile()", () => {
  const directory = useTemporaryDirectory();
  const path = () => join(directory.path, "record.json");

  it("removes a file and the partial files of dead processes", async () => {
    await writeFileAtomically(path(), OLD, { mode: 0o600 });
    writeFileSync(`${path()}.${DEAD}-abc~`, "half");
    await removeFile(path());
    expect(readdirSync(directory.path)).to.deep.equal([]);
  });

  it("accepts a missing file and a missing directory", async () => {
    await removeFile(path());
    await removeFile(join(directory.path, "none", "record.json"));
  });
});
