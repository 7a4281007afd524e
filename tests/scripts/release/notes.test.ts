import { expect } from "chai";
import { renderNotes } from "../../../scripts/release/notes.ts";

const INPUT = {
  number: "0.2.0",
  name: "0.2.0",
  changelog:
    "# Changes\n\n## 0.2.0\n\n- See [scaling](docs/scale.md), [GitHub](https://github.com).\n\n## 0.1.0\n\n- Old.\n",
  upgradeNotes: "# Upgrade notes\n\n## To 0.2.0\n\nRefresh twice.\n\n## To 0.1.0\n\nNothing.\n",
  pending: [],
};

describe("renderNotes()", () => {
  it("has the changes and the upgrade of its version alone, without links into the repository", () => {
    const notes = renderNotes(INPUT);
    expect(notes).to.include(
      "# GitHub Runner charm 0.2.0\n\n## Changes in 0.2.0\n\n- See scaling, [GitHub](https://github.com).\n",
    );
    expect(notes).to.include("## Upgrade to 0.2.0\n\nRefresh twice.\n");
    expect(notes).not.to.match(/Old|Nothing/);
  });

  it("tells of a snapshot what has changed since its version, and takes one that is not released yet", () => {
    const changelog = INPUT.changelog.replace("## 0.2.0", "## 0.2.0, unreleased");
    const notes = renderNotes({ ...INPUT, changelog, name: "0.2.0-abc", pending: ["Faster.\n", "Smaller."] });
    expect(notes).to.include(
      "# GitHub Runner charm 0.2.0-abc\n\n## Since 0.2.0\n\nFaster.\n\nSmaller.\n\n## Changes in 0.2.0\n",
    );
  });

  it("fails for a version without changes or upgrade notes, also when its number is a part of another", () => {
    expect(() => renderNotes({ ...INPUT, number: "0.2" })).to.throw('CHANGELOG.md has no section "## 0.2"');
    expect(() => renderNotes({ ...INPUT, upgradeNotes: "# Upgrade notes\n" })).to.throw(
      'docs/reference/upgrade-notes.md has no section "## To 0.2.0"',
    );
  });
});
