import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { faultsOf } from "../../scripts/api/faults.ts";
import { readApi } from "../../scripts/api/read-api.ts";
import { renderReport } from "../../scripts/api/render-report.ts";

const INDEX = "packages/parts/src/index.ts";
const SOURCE = "packages/parts/src/part.ts";

describe("The API of a package", function () {
  this.timeout(120_000);
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "api-"));
    write("tsconfig.json", '{"compilerOptions": {"module": "nodenext", "target": "es2023", "types": []}}');
    write("packages/parts/package.json", '{"type": "module"}');
  });
  afterEach(() => {
    rmSync(root, { recursive: true });
  });

  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  const read = (index: string, source: string) => {
    write(INDEX, index);
    write(SOURCE, source);
    const [exports = []] = readApi(root, [INDEX]);
    return exports;
  };
  const faults = (index: string, source: string) => faultsOf(read(index, source));

  it("has a docstring for each export", () => {
    expect(faults('export { one } from "./part.ts";', "export const one = 1;")).to.deep.equal([
      `${SOURCE}: the export one has no docstring; write one`,
    ]);
  });

  it("exports the types that its signatures name, wherever they do", () => {
    const source = [
      "export interface Gear {} export interface Nut {} export interface Bolt {} export abstract class Tool {}",
      "/** Makes. */ export function make(gear: Gear): readonly Nut[] { return []; }",
      "/** Holds. */ export class Hammer extends Tool { readonly bolts = new Set<Bolt>(); }",
    ].join("\n");
    const missing = (by: string, name: string) =>
      `${SOURCE}: ${by} names ${name} of ${SOURCE}, which no index exports`;
    expect(faults('export { Hammer, make } from "./part.ts";', source)).to.deep.equal([
      missing("Hammer", "Tool"),
      missing("Hammer", "Bolt"),
      missing("make", "Gear"),
      missing("make", "Nut"),
    ]);
  });

  it("does not have to export what users never see", () => {
    const source = [
      "interface Parts {} interface Wheel {}",
      "/** A cart. */ export class Cart {",
      "  readonly #wheels: Wheel[] = [];",
      "  constructor(parts: Parts) {}",
      "  private turn(wheel: Wheel): void {}",
      "  /** @internal */ attach(wheel: Wheel): void {}",
      "  roll(): void { const first: Wheel | undefined = this.#wheels[0]; }",
      "}",
    ].join("\n");
    expect(faults('export type { Cart } from "./part.ts";', source)).to.deep.equal([]);
    expect(faults('export { Cart } from "./part.ts";', source)).to.have.length(1);
  });

  it("has the comment of each overload of a method beside that overload alone", () => {
    const source = [
      "/** Finds. */ export class Finder {",
      "  /** Finds by name. */ find(name: string): string;",
      "  /** Finds by number. */ find(position: number): string;",
      "  find(by: string | number): string { return String(by); }",
      "}",
    ].join("\n");
    const [finder] = read('export { Finder } from "./part.ts";', source);
    expect(finder?.members.map(({ doc }) => doc.text)).to.deep.equal(["Finds by name.", "Finds by number."]);
  });

  it("is reported by signatures alone, with all overloads and without what is behind them", () => {
    const source = [
      "/** Reads. */ export function read(path: string): string;",
      "export function read(file: number): string;",
      "export function read(from: string | number): string { return String(from); }",
      "/** A list. */ export class List {",
      "  readonly size = 3;",
      "  constructor(readonly_: boolean) {}",
      "  async *items(): AsyncGenerator<string> { yield '1'; }",
      "}",
      "/** Texts. */ export type Texts = Readonly<Record<string, string>>;",
    ].join("\n");
    const exports = read('export { List, read, type Texts } from "./part.ts";', source);
    expect(renderReport([{ module: "charm-parts", exports }])).to.include(
      [
        "export class List {",
        "  readonly size: 3;",
        "  constructor(readonly_: boolean);",
        "  items(): AsyncGenerator<string>;",
        "}",
        "",
        "export type Texts = Readonly<Record<string, string>>;",
        "",
        "export function read(path: string): string;",
        "export function read(file: number): string;",
      ].join("\n"),
    );
  });
});
