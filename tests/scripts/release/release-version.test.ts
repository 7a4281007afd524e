import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect } from "chai";
import {
  faultsOfTag,
  pendingTexts,
  readReleaseVersion,
  tagCommit,
  type TagFacts,
} from "../../../scripts/release/release-version.ts";
import { useTemporaryDirectory } from "../../support/temporary-directory.ts";

const ROOT = join(import.meta.dirname, "../../..");
const DATE = "2026-11-29T09:21:30Z";
const author = "Ada <ada@example.org>";

describe("readReleaseVersion()", () => {
  const directory = useTemporaryDirectory();
  const git = (...words: readonly string[]) => {
    const identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"];
    const env = { ...process.env, GIT_COMMITTER_DATE: DATE, GIT_AUTHOR_DATE: DATE };
    return execFileSync("git", ["-C", directory.path, ...identity, ...words], {
      stdio: "pipe",
      encoding: "utf8",
      env,
    });
  };
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(directory.path, path)), { recursive: true });
    writeFileSync(join(directory.path, path), text);
  };
  const commit = () => {
    git("add", ".");
    git("commit", "--message", "Change");
  };
  beforeEach(() => {
    git("init", "--quiet");
    write("release/package.json", '{"name": "github-runner", "version": "0.2.0"}');
    write(
      "package.json",
      JSON.stringify({ repository: { url: "git+https://github.com/acme/charm.git" }, author }),
    );
    write("CHANGELOG.md", "# Changes\n\n## 0.2.0\n\n- New.\n");
    commit();
  });
  const head = () => git("rev-parse", "HEAD").slice(0, 12);

  it("names a snapshot by its commit, so that Debian sorts it before the release", async () => {
    const version = await readReleaseVersion(directory.path);
    expect(version).to.deep.equal({
      number: "0.2.0",
      name: `0.2.0-${head()}`,
      debian: `0.2.0~202611290921.${head()}`,
      epoch: Date.parse(DATE) / 1000,
      commit: head(),
      isClean: true,
      isTagged: false,
    });
    write("new.txt", "");
    expect(await readReleaseVersion(directory.path)).to.deep.include({
      name: `0.2.0-${head()}.dirty`,
      debian: `0.2.0~202611290921.${head()}.dirty`,
    });
  });

  it("names a tagged commit by its number, unless files are changed", async () => {
    git("tag", "v0.2.0");
    expect(await readReleaseVersion(directory.path)).to.deep.include({
      name: "0.2.0",
      debian: "0.2.0",
      isTagged: true,
    });
    write("CHANGELOG.md", "");
    expect((await readReleaseVersion(directory.path)).isTagged).to.be.false;
  });

  it("is followed by tagCommit(), which tags once and never moves a tag", async () => {
    git("config", "user.name", "Ada");
    git("config", "user.email", "ada@example.com");
    await tagCommit(directory.path);
    await tagCommit(directory.path);
    expect(git("tag", "--points-at", "HEAD")).to.equal("v0.2.0\n");
    write("CHANGELOG.md", "# Changes\n\n## 0.2.0\n\n- Newer.\n");
    commit();
    const failure = await tagCommit(directory.path).catch((thrown: unknown) => thrown);
    expect(String(failure)).to.include("v0.2.0 is another commit");
    write("passphrase", "correct horse\n");
    write("CHANGELOG.md", "");
    const unclean = await tagCommit(directory.path).catch((thrown: unknown) => thrown);
    expect(String(unclean)).to.include("files are not committed: CHANGELOG.md and 1 more");
  });

  it("pendingTexts() has the texts of the charm's changesets alone", () => {
    write(".changeset/one.md", '---\n"github-runner": patch\n---\n\nFaster.\n');
    write(".changeset/two.md", '---\n"lxd-client": patch\n---\n\nOther.\n');
    expect(pendingTexts(directory.path)).to.deep.equal(["Faster."]);
  });
});

describe("faultsOfTag()", () => {
  const version = {
    number: "0.2.0",
    name: "",
    debian: "",
    epoch: 0,
    commit: "",
    isClean: true,
    isTagged: false,
  };
  const right: TagFacts = {
    version,
    changed: [],
    isTagElsewhere: false,
    changesets: 0,
    pages: { "CHANGELOG.md": "# Changes\n\n## 0.2.0\n", "notes.md": "# Notes\n\n## To 0.2.0\n" },
    publishing: { repository: "https://github.com/acme/charm", maintainer: author },
  };

  it("finds nothing when all is right, and names each thing that is not", () => {
    expect(faultsOfTag(right)).to.deep.equal([]);
    const wrong: readonly (readonly [Partial<TagFacts>, string])[] = [
      [{ changed: ["key.pem"] }, "files are not committed: key.pem"],
      [{ changed: ["key.pem", "one.ts", "two.ts"] }, "files are not committed: key.pem and 2 more"],
      [{ changesets: 1 }, "there are changesets"],
      [
        { pages: { "CHANGELOG.md": "# Changes\n\n## 0.2.0, unreleased\n" } },
        "CHANGELOG.md says that 0.2.0 is unreleased: take that from its heading",
      ],
      [
        { pages: { "notes.md": "# Notes\n\n## To 0.2.0, unreleased\n" } },
        "notes.md says that 0.2.0 is unreleased",
      ],
      [{ isTagElsewhere: true }, "v0.2.0 is another commit"],
      [
        { publishing: { ...right.publishing, repository: "https://github.com/example/github-runner-charm" } },
        "names no repository",
      ],
      [{ publishing: { ...right.publishing, maintainer: "Ada <ada@example.com>" } }, "names no maintainer"],
    ];
    for (const [change, text] of wrong) {
      const faults = faultsOfTag({ ...right, ...change });
      expect(faults, text).to.have.length(1);
      expect(faults[0]).to.include(text);
    }
  });
});

describe("the version of the charm", () => {
  it("is the same in package.json, where archives have it from, and in release/package.json, where changesets raise it", () => {
    const versionIn = (path: string) =>
      (JSON.parse(readFileSync(join(ROOT, path), "utf8")) as { readonly version: string }).version;
    expect(versionIn("release/package.json")).to.equal(versionIn("package.json"));
  });
});
