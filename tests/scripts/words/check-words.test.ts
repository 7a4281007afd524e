import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { useTemporaryDirectory } from "../../support/temporary-directory.ts";
import { ABOLISHED_WORDS } from "../../../scripts/words/abolished-words.ts";
import { checkWords } from "../../../scripts/words/check-words.ts";
import { findWords } from "../../../scripts/words/find-words.ts";

const ROOT = join(import.meta.dirname, "../../..");

/** Abolished words in a line of a file. */
function wordsIn(line: string, path = "src/unit/thing.ts"): string[] {
  return findWords(path, line, ABOLISHED_WORDS).map(({ word }) => word);
}

describe("abolished words", () => {
  const found: readonly (readonly [line: string, word: string])[] = [
    ["new UnitPlaces(record)", "place"],
    ["const place = scopeOf(setup);", "place"],
    ["readonly place: NamedThing;", "place"],
    ["openPremises()", "premises"],
    ["read the surroundings", "surroundings"],
    ["class Departure {", "departure"],
    ["the sight of a guest", "sight"],
    ["after the last look", "look"],
    ["const { look } = imageOutlook();", "outlook"],
    ["const NEIGHBOURS = 2;", "neighbour"],
    ["neighbors of the unit", "neighbour"],
    ["unitStem(name)", "stem"],
    ["STEM_LENGTH", "stem"],
    ["replaces runners of another kind", "kind of a runner"],
    ["doubtfulSince", "doubtful"],
    ["await thaw(machine)", "thaw"],
    ["hands over the registration", "hand over"],
    ["the hand-over", "hand over"],
    ["Cannot hand the registration over to", "hand over"],
    ["guestOrders(settings)", "orders"],
    ["waits for its orders", "orders"],
    ["the pre-job stage", "pre-job stage"],
    ["new ForgeBench()", "bench"],
    ["interface KeeperDeps {", "deps"],
    ["this.#deps.clock", "deps"],
  ];
  for (const [line, word] of found) {
    it(`"${word}" is found in "${line}"`, () => {
      expect(wordsIn(line)).to.include(word);
    });
  }

  const right: readonly string[] = [
    "the system's file systems",
    "text.replaceAll(before, after)",
    "is replaced in place; a fresh one takes its place",
    "looks for a job, and looks at it",
    "new JobLookup(api)",
    "insight",
    "Orders ranges by protocol",
    "the kind of a fault",
    "npm run bench measures",
    '"user.github-runner.doubtful-since"',
    'case "Thawed":',
    "pre-job-script",
  ];
  for (const line of right) {
    it(`none is found in "${line}"`, () => {
      expect(wordsIn(line)).to.deep.equal([]);
    });
  }

  it("are found in the names of files", () => {
    expect(findWords("src/unit/open-places.ts", "", ABOLISHED_WORDS)).to.deep.include({
      word: "place",
      use: ABOLISHED_WORDS[0]!.use,
      line: 0,
      text: "places",
    });
  });

  it("stand in the glossary, each with the words to use instead", () => {
    const glossary = readFileSync(join(ROOT, "docs/reference/glossary.md"), "utf8");
    const table = glossary.slice(glossary.indexOf("## Words not to use"));
    const rows = [...table.matchAll(/^\| ([^|]+?) +\| ([^|]+?) +\|$/gm)].map(([, word, use]) => [word, use]);
    const [, , ...words] = rows;
    expect(words).to.deep.equal(ABOLISHED_WORDS.map(({ word, use }) => [word, use]));
  });
});

describe("checkWords()", () => {
  const directory = useTemporaryDirectory();
  const words = [{ word: "premises", use: "infrastructure", pattern: /premises/gi }];

  const write = (file: string, text: string) => {
    mkdirSync(join(directory.path, file, ".."), { recursive: true });
    writeFileSync(join(directory.path, file), text);
  };

  beforeEach(() => {
    write("src/unit/open.ts", "openPool();\nopenPremises();\n");
    write("docs/page.md", "The infrastructure\n");
    write("node_modules/other/README.md", "On the premises\n");
    write("CHANGELOG.md", "No premises any more\n");
  });

  it("names file, line, word and what to use, and reads neither dependencies nor changes", () => {
    expect(checkWords(directory.path, words)).to.deep.equal({
      faults: ['src/unit/open.ts:2: "Premises": "premises" is now "infrastructure"'],
      files: 2,
    });
  });

  it("finds none in this repository", () => {
    const { faults, files } = checkWords(ROOT, ABOLISHED_WORDS);
    expect(faults).to.deep.equal([]);
    expect(files).to.be.greaterThan(100);
  });
});
