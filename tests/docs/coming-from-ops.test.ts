import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";

const ROOT = join(import.meta.dirname, "../..");

/** Names in backquotes in the first column of the tables in a part of the page. */
function firstColumn(part: string): ReadonlySet<string> {
  const cells = [...part.matchAll(/^\| ([^|]*) \|/gm)].map(([, cell = ""]) => cell);
  const names = cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name));
  return new Set(names.map((name) => name.replace(/^ops\./, "")));
}

/** Placeholder names of examples, and names of the language. */
const OF_AUTHORS = new Set([
  "MyCharm",
  "MyTypes",
  "Params",
  "Results",
  "Payload",
  "Endpoint",
  "Name",
  "Data",
  "T",
]);

/** Capitalised names in backquotes in the second column of all tables. */
function mentionedHere(page: string): readonly string[] {
  const cells = [...page.matchAll(/^\|[^|]*\|([^|]*)\|/gm)].map(([, cell = ""]) => cell);
  const code = cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, text = ""]) => text));
  return code.flatMap((text) => text.replaceAll(/"[^"]*"/g, "").match(/\b[A-Z]\w*/g) ?? []);
}

describe("docs/framework/coming-from-ops.md", () => {
  const page = readFileSync(join(ROOT, "docs/framework/coming-from-ops.md"), "utf8");
  const names = JSON.parse(readFileSync(join(ROOT, "tests/golden/ops-names.json"), "utf8")) as Record<
    "ops" | "ops.testing",
    readonly string[]
  >;
  const [ofOps = "", ofTesting = ""] = page.split("## Testing");

  it("has a row for every public name of ops", () => {
    const known = firstColumn(ofOps);
    expect(names.ops).to.have.length.above(100);
    expect(names.ops.filter((name) => !known.has(name))).to.deep.equal([]);
  });

  it("mentions only names that the framework exports", () => {
    const reference = readFileSync(join(ROOT, "docs/framework/reference/README.md"), "utf8");
    const exported = new Set([...reference.matchAll(/\[`(\w+)`\]/g)].map(([, name = ""]) => name));
    const unknown = mentionedHere(page).filter((name) => !exported.has(name) && !OF_AUTHORS.has(name));
    expect(unknown).to.deep.equal([]);
  });

  it("has a row for every public name of its testing module", () => {
    const known = firstColumn(ofTesting);
    expect(names["ops.testing"]).to.have.length.above(40);
    expect(names["ops.testing"].filter((name) => !known.has(name))).to.deep.equal([]);
  });
});
