import { expect } from "chai";
import { runnerLabels } from "../../src/unit/runner-labels.ts";

describe("runnerLabels()", () => {
  const labelsOf = (labels: readonly string[], baseImage = "jammy", appName = "runners") =>
    runnerLabels({ labels, baseImage }, appName, "x64");

  it("adds the labels that GitHub gives no just-in-time runner, the application and the image", () => {
    expect(labelsOf([])).to.deep.equal(["self-hosted", "linux", "x64", "runners", "jammy"]);
  });

  it("puts the operator's after them, in their order", () => {
    expect(labelsOf(["large", "gpu"]).slice(-2)).to.deep.equal(["large", "gpu"]);
  });

  it("names a label once, whatever the case of its doubles", () => {
    const labels = labelsOf(["LINUX", "Self-Hosted", "Jammy", "GPU", "gpu"]);
    const lowered = labels.map((label) => label.toLowerCase());
    expect(lowered).to.deep.equal([...new Set(lowered)]);
    expect(lowered).to.have.members(["self-hosted", "linux", "x64", "runners", "jammy", "gpu"]);
  });

  it("keeps the charm's own form of a label that the operator writes in another case", () => {
    expect(labelsOf(["LINUX", "Self-Hosted"])).to.have.members([
      "self-hosted",
      "linux",
      "x64",
      "runners",
      "jammy",
    ]);
  });

  it("tells the architecture", () => {
    expect(runnerLabels({ labels: [], baseImage: "noble" }, "app", "arm64")).to.include("arm64");
  });
});
