import { expect } from "chai";
import { takeChanges } from "../../../scripts/release/take-changes.ts";

const CHANGELOG = `# Changes

## 0.1.0

- The first one.
`;
const UPGRADE_NOTES = `# Upgrade notes

What to know.

## To 0.1.0

Nothing to do.
`;
const ADDED = `# github-runner

## 0.2.0

### Minor Changes

- 0123abc: The option \`labels\` takes no commas.

  Spaces separate them.

  Upgrade: write spaces for commas in \`labels\`
  before you refresh.

- 4567def: Runners start faster.

  Upgrade: nothing, but expect it.

### Patch Changes

- 89abcde: A lost bridge is found again.
`;

describe("takeChanges()", () => {
  const texts = { changelog: CHANGELOG, upgradeNotes: UPGRADE_NOTES };

  it("puts changes above those of older versions, and what to do into the upgrade notes", () => {
    const { changelog, upgradeNotes } = takeChanges(texts, ADDED);
    expect(changelog).to.equal(`# Changes

## 0.2.0

- The option \`labels\` takes no commas.

  Spaces separate them.
- Runners start faster.
- A lost bridge is found again.

## 0.1.0

- The first one.
`);
    expect(upgradeNotes).to.equal(`# Upgrade notes

What to know.

## To 0.2.0

- write spaces for commas in \`labels\`
  before you refresh.
- nothing, but expect it.

## To 0.1.0

Nothing to do.
`);
  });

  it("says that there is nothing to do when no change says what to do", () => {
    const added = "# github-runner\n\n## 0.1.1\n\n### Patch Changes\n\n- 89abcde: Better.\n";
    expect(takeChanges(texts, added).upgradeNotes).to.include(
      "\n\n## To 0.1.1\n\nNothing to do.\n\n## To 0.1.0\n",
    );
  });

  it("makes what is not released yet part of the version", () => {
    const unreleased = {
      changelog: CHANGELOG.replace("## 0.1.0", "## 0.1.0, unreleased"),
      upgradeNotes: UPGRADE_NOTES.replace("## To 0.1.0", "## To 0.1.0, unreleased"),
    };
    const added = "# github-runner\n\n## 0.1.1\n\n### Patch Changes\n\n- 89abcde: Better.\n";
    expect(takeChanges(unreleased, added)).to.deep.equal({
      changelog: "# Changes\n\n## 0.1.1\n\n- Better.\n\n- The first one.\n",
      upgradeNotes: "# Upgrade notes\n\nWhat to know.\n\n## To 0.1.1\n\nNothing to do.\n",
    });
  });

  it("refuses a change that breaks users and does not say what they are to do", () => {
    const silent = (version: string, kind: string) =>
      `# github-runner\n\n## ${version}\n\n### ${kind} Changes\n\n- 89abcde: All is new.\n`;
    expect(() => takeChanges(texts, silent("0.2.0", "Minor"))).to.throw('"All is new." breaks users');
    expect(() => takeChanges(texts, silent("2.0.0", "Major"))).to.throw('"All is new." breaks users');
    expect(() => takeChanges(texts, silent("1.1.0", "Minor"))).not.to.throw();
  });

  it("refuses a version that is there already, and a text without one", () => {
    expect(() => takeChanges(texts, ADDED.replace("0.2.0", "0.1.0"))).to.throw('there is "## 0.1.0" already');
    expect(() => takeChanges(texts, "# github-runner\n")).to.throw("changesets have written no version");
  });
});
