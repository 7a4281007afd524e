import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { recordedChanges } from "../../../scripts/packages/changes.ts";
import { readWorkspaces } from "../../../scripts/packages/workspaces.ts";

describe("recordedChanges()", () => {
  let root: string;

  const git = (...argv: string[]) => {
    const identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"];
    execFileSync("git", ["-C", root, ...identity, ...argv], { stdio: "pipe" });
  };
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  const recorded = () => recordedChanges(root, readWorkspaces(root));
  const commit = () => {
    git("add", ".");
    git("commit", "--message", "Change");
  };

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "changes-"));
    git("init", "--quiet");
    write("packages/parts/package.json", '{"name": "charm-parts", "version": "1.2.3"}');
    write("packages/parts/src/index.ts", "export {};");
    commit();
  });
  afterEach(() => {
    rmSync(root, { recursive: true });
  });

  it("knows of nothing to record before the first release", async () => {
    expect(await recorded()).to.deep.equal({ kind: "known", faults: [] });
  });

  it("tells a package whose sources have changed since its release", async () => {
    git("tag", "charm-parts@1.2.3");
    write("packages/parts/src/index.ts", "export const PARTS = 3;");
    const fault =
      "charm-parts has changed since charm-parts@1.2.3, and no changeset says how: run npx changeset";
    expect(await recorded()).to.deep.equal({ kind: "known", faults: [fault] });
    commit();
    expect(await recorded()).to.deep.equal({ kind: "known", faults: [fault] });
  });

  it("is content with a changeset that names the package", async () => {
    git("tag", "charm-parts@1.2.3");
    write("packages/parts/src/index.ts", "export const PARTS = 3;");
    write(".changeset/red-lock.md", '---\n"charm-parts": minor\n---\n\nTell how many parts there are.\n');
    expect(await recorded()).to.deep.equal({ kind: "known", faults: [] });
  });

  it("does not mind changes that users do not get", async () => {
    git("tag", "charm-parts@1.2.3");
    write("packages/parts/tests/index.test.ts", "");
    expect(await recorded()).to.deep.equal({ kind: "known", faults: [] });
  });

  it("says that a shallow clone does not tell", async () => {
    write("README.md", "");
    commit();
    const shallow = `${root}-shallow`;
    execFileSync("git", ["clone", "--quiet", "--depth=1", `file://${root}`, shallow]);
    rmSync(root, { recursive: true });
    root = shallow;
    expect(await recorded()).to.include({ kind: "unknown" });
  });

  it("says that a source archive does not tell", async () => {
    rmSync(join(root, ".git"), { recursive: true });
    expect(await recorded()).to.deep.equal({ kind: "unknown", reason: "this is no git repository" });
  });
});
