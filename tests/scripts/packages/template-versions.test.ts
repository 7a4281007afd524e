import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { renderTemplateManifest, TEMPLATE_MANIFEST } from "../../../scripts/packages/template-versions.ts";

const ROOT = join(import.meta.dirname, "../../..");

describe("the template of create-juju-charm", () => {
  it("has the versions of this repository: node scripts/packages/update-template.ts writes them", async () => {
    expect(readFileSync(join(ROOT, TEMPLATE_MANIFEST), "utf8")).to.equal(await renderTemplateManifest(ROOT));
  });
});
