import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ESLint } from "eslint";
import { expect } from "chai";

const TEMPLATE = join(import.meta.dirname, "../template");
const CHARM = join(TEMPLATE, "src/charm.ts");

describe("the lint rules of a new charm", function () {
  this.timeout(300_000);
  const source = readFileSync(CHARM, "utf8");
  const eslint = new ESLint({ cwd: TEMPLATE });

  /** Rules that the changed source of the charm breaks. */
  const broken = async (from: string, to: string) => {
    const text = source.replace(from, to);
    if (from !== to) expect(text).not.to.equal(source);
    const results = await eslint.lintText(text, { filePath: CHARM });
    return results.flatMap(({ messages }) => messages.map(({ ruleId }) => ruleId));
  };

  it("accept the charm as it is", async () => {
    expect(await broken("", "")).to.deep.equal([]);
  });

  for (const careless of ["event.setResults", "void event.setResults"])
    it(`find the missing await of "${careless}()"`, async () => {
      const rules = await broken("await event.setResults", careless);
      expect(rules).to.include("@typescript-eslint/no-floating-promises");
    });
});
