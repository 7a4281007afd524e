import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";

const ROOT = join(import.meta.dirname, "../..");

/** The error codes in the source, with their classes. */
function codesOfClasses(): Map<string, string> {
  const codes = new Map<string, string>();
  for (const file of globSync("{src,packages/*/src}/**/*.ts", { cwd: ROOT })) {
    for (const part of readFileSync(join(ROOT, file), "utf8").split(
      /^(?=(?:export )?(?:abstract )?class )/m,
    )) {
      const [, name] = /^(?:export )?class (\w+) extends \w+/.exec(part) ?? [];
      const [, code] = /^ {2}(?:override )?readonly code(?:: \w+)? = "([a-z-]+)"/m.exec(part) ?? [];
      if (name !== undefined && code !== undefined) codes.set(code, name);
    }
  }
  return codes;
}

/** Rows of the page: the first cell has the code, the second the class. */
function rowsOfPage(): Map<string, string> {
  const page = readFileSync(join(ROOT, "docs/reference/errors.md"), "utf8");
  return new Map(
    [...page.matchAll(/^\| `([a-z-]+)`\s*\| `(\w+)`/gm)].map(([, code = "", name = ""]) => [code, name]),
  );
}

describe("docs/reference/errors.md", () => {
  it("has a row for the code of each error class, and no other row", () => {
    const codes = codesOfClasses();
    expect(codes.size).to.be.greaterThan(30);
    expect([...rowsOfPage()].sort()).to.deep.equal([...codes].sort());
  });
});
