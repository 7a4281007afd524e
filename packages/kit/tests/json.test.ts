import { expect } from "chai";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { useTemporaryDirectory } from "../../../tests/support/temporary-directory.ts";
import { isRecord, readJSONFile } from "../src/index.ts";

describe("isRecord()", () => {
  it("tells objects with members from everything else", () => {
    for (const value of [{}, { a: 1 }, Object.create(null)]) expect(isRecord(value)).to.equal(true);
    for (const value of [null, undefined, [], "text", 1, true, () => 1]) {
      expect(isRecord(value), String(value)).to.equal(false);
    }
  });
});

const readCount = (stored: unknown) =>
  isRecord(stored) && typeof stored["count"] === "number" ? stored["count"] : undefined;

describe("readJSONFile()", () => {
  const directory = useTemporaryDirectory();
  const path = () => join(directory.path, "record.json");
  const told: string[] = [];
  beforeEach(() => {
    told.length = 0;
  });
  const read = () => readJSONFile(path(), readCount, (reason) => told.push(reason));

  it("gives what was stored", async () => {
    writeFileSync(path(), '{"count": 3}');
    expect([await read(), told]).to.deep.equal([3, []]);
  });

  it("gives nothing, and tells nothing, when there is no file", async () => {
    expect([await read(), told]).to.deep.equal([undefined, []]);
  });

  it("gives nothing of a damaged file, and tells so without its content", async () => {
    for (const text of ["", '{"count": 3', "null", "[]", '{"count": "password"}', '"password', "\0\0\0\0"]) {
      told.length = 0;
      writeFileSync(path(), text);
      expect(await read(), text).to.equal(undefined);
      expect(told, text).to.have.lengthOf(1);
      expect(told[0], text).to.not.include("password");
    }
  });

  it("gives nothing of what cannot be read, and tells why", async () => {
    mkdirSync(path());
    expect(await read()).to.equal(undefined);
    expect(told.join()).to.include("EISDIR");
  });
});
