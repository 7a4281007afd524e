import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { packCharm } from "juju-charm/pack";
import { installCharmcraft, type Charmcraft } from "../support/charmcraft/linters.ts";

const ROOT = join(import.meta.dirname, "../..");

describe("the linters of charmcraft", function () {
  this.timeout(18 * 60_000);
  let charmcraft: Charmcraft;
  let directory: string;

  before(function () {
    const installed = installCharmcraft();
    if (typeof installed === "string") {
      console.log(`SKIPPED, the linters of charmcraft: ${installed}`);
      this.skip();
    }
    charmcraft = installed;
    directory = mkdtempSync(join(tmpdir(), "charmcraft-"));
  });
  after(() => {
    if (directory) rmSync(directory, { recursive: true });
  });

  for (const [title, charm] of [
    ["this charm", ROOT],
    ["the example", join(ROOT, "examples/greeter")],
  ] as const) {
    it(`find nothing wrong with the archive of ${title}`, async () => {
      const { path } = await packCharm({ charm, ...(charm === ROOT ? {} : { outputDirectory: directory }) });
      const results = charmcraft.analyse(path);
      const outcomes = Object.fromEntries(
        results.filter(({ check_type }) => check_type === "lint").map(({ name, result }) => [name, result]),
      );
      expect(outcomes, JSON.stringify(results)).to.deep.equal({
        "juju-actions": "ok",
        "juju-config": "ok",
        metadata: "ok",
        "naming-conventions": "ok",
        entrypoint: "ok",
        // These look at charms in Python, and at where charmcraft itself has packed.
        "ops-main-call": "nonapplicable",
        "additional-files": "nonapplicable",
        "pip-check": "nonapplicable",
        pydeps: "nonapplicable",
      });
    });
  }
});
