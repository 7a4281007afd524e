import { expect } from "chai";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { FileStateBackend, StoredState, StoredStateError, type StateSlot } from "../../src/index.ts";
import { generations } from "../state-generation.ts";
import { useTemporaryDirectory } from "../../../../tests/support/temporary-directory.ts";

const images: StateSlot<string> = {
  name: "base-image",
  parse: (stored) => (typeof stored === "string" ? stored : "jammy"),
};
const counts: StateSlot<number> = {
  name: "count",
  parse: (stored) => (typeof stored === "number" ? stored : 0),
};

const stateIn = (path: string) => new StoredState(new FileStateBackend(path));

describe("StoredState", () => {
  const directory = useTemporaryDirectory();
  const path = () => join(directory.path, ".unit-state.json");

  it("keeps committed values, independently for each slot", async () => {
    const state = stateIn(path());
    await state.write(images, "noble");
    await state.write(counts, 3);
    await state.commit();
    const later = stateIn(path());
    await later.write(counts, 4);
    await later.commit();
    expect(await stateIn(path()).read(images)).to.equal("noble");
    expect(await stateIn(path()).read(counts)).to.equal(4);
  });

  it("reads a written value immediately, and drops it without a commit", async () => {
    const state = stateIn(path());
    await state.write(images, "noble");
    expect(await state.read(images)).to.equal("noble");
    expect(await stateIn(path()).read(images)).to.equal("jammy");
  });

  it("writes no file without a change", async () => {
    const state = stateIn(path());
    await state.commit();
    await state.read(images);
    await state.commit();
    expect(existsSync(path())).to.equal(false);
    await state.write(images, "noble");
    await state.commit();
    const { ino } = statSync(path());
    const later = stateIn(path());
    await later.write(images, "noble");
    await later.commit();
    expect(statSync(path()).ino).to.equal(ino);
  });

  it("reads a manually written file, and keeps unknown slots", async () => {
    writeFileSync(path(), `{"count":2,"of-a-newer-charm":[1]}`);
    const state = stateIn(path());
    await state.write(counts, 5);
    await state.commit();
    expect(JSON.parse(readFileSync(path(), "utf8"))).to.deep.equal({ count: 5, "of-a-newer-charm": [1] });
  });

  it("writes a file that only its owner can read, and leaves no other files", async () => {
    writeFileSync(`${path()}.${2 ** 22 + 1}-abc~`, "left by a killed process");
    const state = stateIn(path());
    await state.write(counts, 1);
    await state.commit();
    expect(statSync(path()).mode & 0o777).to.equal(0o600);
    expect(readdirSync(directory.path)).to.deep.equal([".unit-state.json"]);
  });

  for (const text of ["", "{", "[]", "null", `{"count":1}garbage`]) {
    it(`reports that a file with the content "${text}" is damaged, and does not change it`, async () => {
      writeFileSync(path(), text);
      const state = stateIn(path());
      const thrown = await state.read(counts).catch((error: unknown) => error);
      expect(thrown).to.be.instanceOf(StoredStateError).with.property("path", path());
      expect(thrown).to.have.property("message").that.includes(path()).and.includes("damaged");
      expect(readFileSync(path(), "utf8")).to.equal(text);
    });
  }

  it("reports a file that cannot be read", async () => {
    mkdirSync(path());
    const thrown = await stateIn(path())
      .read(counts)
      .catch((error: unknown) => error);
    expect(thrown).to.be.instanceOf(StoredStateError).with.property("message").that.includes("EISDIR");
  });

  it("reports a file that cannot be written", async () => {
    const state = stateIn(join(directory.path, "gone", "state.json"));
    await state.write(counts, 1);
    const thrown = await state.commit().catch((error: unknown) => error);
    expect(thrown)
      .to.be.instanceOf(StoredStateError)
      .with.property("message")
      .that.includes("Cannot write the stored state");
  });

  it("keeps the old or the new state when the process is killed at any time", async function () {
    this.timeout(180_000);
    const writer = join(import.meta.dirname, "../state-writer.ts");
    let last = 0;
    for (let round = 0; round < 25; round += 1) {
      const child = spawn(process.execPath, [writer, path()], { stdio: ["ignore", "pipe", "inherit"] });
      await once(child.stdout, "data");
      // Kills the writer at a different point of its loop in every round.
      for (let turn = 0; turn < round * 4; turn += 1) await new Promise(setImmediate);
      child.kill("SIGKILL");
      await once(child, "exit");
      const { number, filler } = await stateIn(path()).read(generations);
      expect(number).to.be.greaterThan(last);
      expect(filler).to.equal(String(number).repeat(20_000));
      last = number;
    }
  });
});
