import { expect } from "chai";
import { readWalk } from "./walk/read-walk.ts";

const PAGE = `# Page

## Before

\`\`\`sh
not this
\`\`\`

## A walk

In \`a.ts\`:

\`\`\`diff
 first
-old
+new
\`\`\`

### Then

\`\`\`sh
one
two
\`\`\`

\`\`\`text
fails so
\`\`\`

\`\`\`sh
three
\`\`\`

## After

\`\`\`sh
nor this
\`\`\`
`;

describe("readWalk()", () => {
  it("reads changes, and commands with the failures that they end with", () => {
    expect(readWalk(PAGE, "A walk")).to.deep.equal([
      { does: "change", file: "a.ts", before: "first\nold", after: "first\nnew" },
      { does: "run", commands: ["one", "two"], failures: ["fails so"] },
      { does: "run", commands: ["three"], failures: [] },
    ]);
  });

  it("refuses a change that names no file, and a section that is not there", () => {
    expect(() => readWalk("\n## A walk\n\n```diff\n+new\n```\n", "A walk")).to.throw("No file is named");
    expect(() => readWalk(PAGE, "Another")).to.throw('no section "Another"');
  });
});
