import { existsSync, readFileSync } from "node:fs";
import { expect } from "chai";

const root = new URL("../../", import.meta.url);
const page = readFileSync(new URL("docs/reference/machine-resources.md", root), "utf8");
const configuration = readFileSync(new URL("config.yaml", root), "utf8");

/** The cells of a table's rows, without headings and rules. */
const rows = page
  .split("\n")
  .filter((line) => line.startsWith("| ") && !/^\| (-|resource |runner that )/.test(line))
  .map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );

describe("docs/reference/machine-resources.md", () => {
  it("names a test that exists for each bound", () => {
    const names = rows.filter((cells) => cells.length !== 3).map((cells) => cells.at(-1) ?? "");
    expect(names).to.have.length.above(12);
    for (const name of names) {
      const path = /^`(.+\.test\.ts)`$/.exec(name)?.[1] ?? name;
      expect(existsSync(new URL(`tests/${path}`, root)), path).to.equal(true);
    }
  });

  it("names options that exist", () => {
    const options = rows.flatMap((cells) =>
      cells.length > 3 ? [...(cells[2] ?? "").matchAll(/`([a-z-]+)`/g)] : [],
    );
    expect(options).to.have.length.above(4);
    for (const [, option = ""] of options) expect(configuration).to.include(`  ${option}:`);
  });
});
