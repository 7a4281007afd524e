import { expect } from "chai";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { claimSlug, otherUnitOf, slugOf } from "../../src/unit/unit-slug.ts";
import { lonelySystem } from "../charm/lonely-system.ts";
import { useTemporaryDirectory } from "../support/temporary-directory.ts";

const FIRST = "9f484882-2f18-4fd2-967d-db9663db7bea";
const SECOND = "1c2d3e4f-0000-4fd2-967d-db9663db7bea";

describe("slugOf()", () => {
  const directory = useTemporaryDirectory();
  const unit = (deployment: string, unitName = "runners/0") => ({
    system: lonelySystem(directory.path),
    unitName,
    deployment,
  });
  const dataRoot = () => lonelySystem(directory.path).dataRoot;

  it("is the unit's name, also after an upgrade from a version that did not claim it", () => {
    expect(slugOf(unit(FIRST))).to.equal("runners-0");
    mkdirSync(join(dataRoot(), "runners-0"), { recursive: true });
    claimSlug(unit(FIRST));
    claimSlug(unit(FIRST));
    expect(slugOf(unit(FIRST))).to.equal("runners-0");
    expect(otherUnitOf(unit(FIRST))).to.equal(undefined);
  });

  it("is another one where a unit of the same name of another deployment has that, and keeps it", () => {
    claimSlug(unit(FIRST));
    claimSlug(unit(SECOND));
    expect([FIRST, SECOND].map((deployment) => slugOf(unit(deployment)))).to.deep.equal([
      "runners-0",
      "runners-0-1c2d3e",
    ]);
    expect(readdirSync(dataRoot()).sort()).to.deep.equal(["runners-0", "runners-0-1c2d3e"]);
    expect(slugOf(unit(SECOND, "runners/1"))).to.equal("runners-1");
  });

  it("is free again when the other unit is removed", () => {
    claimSlug(unit(FIRST));
    rmSync(join(dataRoot(), "runners-0"), { recursive: true });
    expect(slugOf(unit(SECOND))).to.equal("runners-0");
  });
});

describe("otherUnitOf()", () => {
  const directory = useTemporaryDirectory();

  it("names the other unit, its deployment and both names on the machine", () => {
    const unit = { system: lonelySystem(directory.path), unitName: "runners/0", deployment: FIRST };
    claimSlug(unit);
    expect(otherUnitOf({ ...unit, deployment: SECOND })).to.equal(
      `unit runners/0 of the deployment ${FIRST} is on this machine too, under the name runners-0; this one uses ` +
        "runners-0-1c2d3e. If the other unit is gone, remove what it has left",
    );
  });
});
