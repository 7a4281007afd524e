import { expect } from "chai";
import { writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { FileStateBackend } from "../../src/index.ts";
import { diskSteps, type WriteSteps } from "charm-kit";
import { useTemporaryDirectory } from "../../../../tests/support/temporary-directory.ts";

/** Simulates a killed process: no later step runs. */
class KilledError extends Error {}

const killed = () => Promise.reject(new KilledError("killed"));

const before = { word: "old", list: [1, 2, 3] };
const after = {
  word: "new, and longer than the old one: ä€😀",
  list: [4, 5, 6, 7],
  more: { than: "before" },
};

describe("FileStateBackend", () => {
  const directory = useTemporaryDirectory();
  const path = () => join(directory.path, "state.json");

  /** Replaces the old state with the new one on a failing disk, and returns the state that the next dispatch reads. */
  const interrupted = async (steps: WriteSteps): Promise<unknown> => {
    await new FileStateBackend(path()).write(before);
    const thrown = await new FileStateBackend(path(), steps).write(after).catch((error: unknown) => error);
    expect(thrown).to.have.property("cause").that.is.instanceOf(KilledError);
    return new FileStateBackend(path()).read();
  };

  it("keeps the complete old state when the process is killed after any byte of the new one", async () => {
    const bytes = Buffer.from(`${JSON.stringify(after, undefined, 2)}\n`);
    for (let written = 0; written <= bytes.length; written += 1) {
      const read = await interrupted({
        ...diskSteps,
        create: async (file) => {
          writeFileSync(file, bytes.subarray(0, written));
          await killed();
        },
      });
      expect(read, `after ${written} bytes`).to.deep.equal(before);
    }
  });

  it("keeps the old state when the process is killed before the rename, and the new one after it", async () => {
    expect(await interrupted({ ...diskSteps, rename: killed })).to.deep.equal(before);
    expect(await interrupted({ ...diskSteps, syncDirectory: killed })).to.deep.equal(after);
  });

  it("writes despite a partial file of a killed process with the same or another process ID", async () => {
    for (const left of [process.pid, 2 ** 22 + 1]) {
      writeFileSync(`${path()}.${left}-abc~`, `{"word": "ha`);
      const backend = new FileStateBackend(path());
      await backend.write(after);
      expect(await backend.read()).to.deep.equal(after);
    }
  });

  it("keeps the old state when the disk is full", async () => {
    const full: WriteSteps = {
      ...diskSteps,
      // A device that is always full, for the real system call error.
      create: (_file, text) => writeFile("/dev/full", text),
    };
    await new FileStateBackend(path()).write(before);
    const thrown = await new FileStateBackend(path(), full).write(after).catch((error: unknown) => error);
    expect(thrown).to.have.property("message").that.includes("ENOSPC");
    expect(await new FileStateBackend(path()).read()).to.deep.equal(before);
  });
});
