import { expect } from "chai";
import { runnerLabels } from "../../src/unit/runner-labels.ts";

describe("runnerLabels()", () => {
  const labelsOf = (labels: readonly string[], baseImage = "jammy", appName = "runners") =>
    runnerLabels({ labels, baseImage }, appName, "x64");

  it("adds the labels that GitHub does not give to just-in-time runners, the application and the image", () => {
    expect(labelsOf([])).to.deep.equal(["self-hosted", "linux", "x64", "runners", "jammy"]);
  });

  it("appends the configured labels in their order", () => {
    expect(labelsOf(["large", "gpu"]).slice(-2)).to.deep.equal(["large", "gpu"]);
  });

  it("lists a label once, without regard to case", () => {
    const labels = labelsOf(["LINUX", "Self-Hosted", "Jammy", "GPU", "gpu"]);
    const lowered = labels.map((label) => label.toLowerCase());
    expect(lowered).to.deep.equal([...new Set(lowered)]);
    expect(lowered).to.have.members(["self-hosted", "linux", "x64", "runners", "jammy", "gpu"]);
  });

  it("keeps the charm's spelling of a label that is configured in another case", () => {
    expect(labelsOf(["LINUX", "Self-Hosted"])).to.have.members([
      "self-hosted",
      "linux",
      "x64",
      "runners",
      "jammy",
    ]);
  });

  it("includes the architecture", () => {
    expect(runnerLabels({ labels: [], baseImage: "noble" }, "app", "arm64")).to.include("arm64");
  });
});
