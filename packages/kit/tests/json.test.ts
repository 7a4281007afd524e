import { expect } from "chai";
import fc from "fast-check";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { useTemporaryDirectory } from "../../../tests/support/temporary-directory.ts";
import { firstNotJSON, isRecord, readJSONFile } from "../src/index.ts";

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

describe("firstNotJSON()", () => {
  it("finds nothing in any JSON", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(firstNotJSON(value)).to.equal(undefined);
      }),
    );
  });

  const loop: unknown[] = [];
  loop.push({ deeper: loop });
  const cases: readonly (readonly [unknown, string])[] = [
    [Number.NaN, "it is NaN"],
    [{ a: [1, Infinity] }, "a[1] is Infinity"],
    [new Map([["a", 1]]), "it is a Map"],
    [{ hosts: { all: new Set(["a"]) } }, "hosts.all is a Set"],
    [[new Date(0)], "[0] is a Date"],
    [undefined, "it is undefined"],
    [[undefined], "[0] is undefined"],
    [{ a: 3n }, "a is a bigint"],
    [{ a: () => 1 }, "a is a function"],
    [{ a: Symbol("a") }, "a is a symbol"],
    [loop, "[0].deeper is a part of itself"],
    [
      new (class Host {
        readonly name = "a";
      })(),
      "it is a Host",
    ],
  ];
  for (const [value, found] of cases)
    it(`tells that ${found}`, () => {
      expect(firstNotJSON(value)).to.equal(found);
    });

  it("accepts undefined members, objects without a prototype, and an object that occurs twice", () => {
    const twice = { a: 1 };
    for (const value of [{ a: undefined }, Object.create(null), [twice, twice]])
      expect(firstNotJSON(value)).to.equal(undefined);
  });
});
