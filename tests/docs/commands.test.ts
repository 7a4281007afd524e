import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { asAgent, NEEDS_CONTROLLER } from "./commands/as-agent.ts";
import { commandPages, readCommands, readPage, readSection, wordsOf } from "./commands/read-commands.ts";
import { byHand, ofRunningUnit, tutorial } from "./commands/walked.ts";

const ROOT = join(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");

/** Pages whose commands a test reads and runs one after the other; those of some sections, where they are named. */
const RUN: readonly {
  readonly page: string;
  readonly test: string;
  readonly sections?: readonly string[];
}[] = [
  { page: "docs/framework/tutorial.md", test: "tests/docs/framework-tutorial.packed.test.ts" },
  {
    page: "docs/reference/releases.md",
    test: "tests/release/release-files.release.ts",
    sections: ["Verify a release", "Make a key"],
  },
  {
    page: "CONTRIBUTING.md",
    test: "tests/docs/first-change.walk.ts",
    sections: ["Your first change"],
  },
  {
    page: "docs/how-to/run-without-juju.md",
    test: "tests/agent/runner-agent.lxd.test.ts",
    sections: ["Install", "Upgrade and roll back", "Remove everything"],
  },
];

/** npm commands in pages, and where they are run, or the work that they start. */
const NPM: Readonly<Record<string, { readonly file: string; readonly text: string }>> = {
  test: { file: ".ci/run", text: "npm test" },
  demo: { file: "tests/docs/pages.walk.ts", text: "tutorial" },
  pack: { file: "scripts/test.sh", text: "juju-charm pack" },
  agent: { file: "tests/docs/pages.walk.ts", text: "tutorial" },
  "agent:pack": { file: "tests/agent/runner-agent.lxd.test.ts", text: "packAgent(" },
  "release:files": { file: "tests/release/release-files.release.ts", text: "scripts/release-files.ts" },
  simulate: { file: "tests/simulation/simulation.test.ts", text: "simulate(" },
};

/** Commands that no test runs as a page has them, and why not. */
const NOT_RUN: readonly { readonly pattern: RegExp; readonly reason: string }[] = [
  { pattern: /^(git push|gh release) /, reason: "publishes" },
  { pattern: /^(apt|export) /, reason: "makes ready what a machine with these tests has" },
  { pattern: /^curl .*https:\/\//, reason: "asks the Internet, which the tests do without" },
  {
    pattern: /^curl --connect-timeout 5 /,
    reason: "is for a job; firewall.e2e.test.ts connects from runners",
  },
  {
    pattern: /^curl http:\/\/localhost:9400\/metrics$/,
    reason: "metrics.e2e.test.ts scrapes a port of its own",
  },
  {
    pattern: /^lxc image import /,
    reason: "needs an image of the reader's; tests/support/base-image imports one",
  },
  { pattern: /^lxc config set core\./, reason: "would change the LXD of this machine; LXD's own setting" },
  { pattern: /^lxc cluster (evacuate|restore) /, reason: "needs a cluster: tests/cluster" },
  { pattern: /^(systemctl|journalctl|for timer in) /, reason: "needs a whole machine: tests/vm/machine" },
  {
    pattern: /^github-runner-agent top$/,
    reason: "draws until a key is pressed: tests of packages/juju-agent",
  },
  {
    pattern: /^github-runner-agent completion /,
    reason: "writes to /etc: completion.slow.test.ts completes in each shell",
  },
  { pattern: /^github-runner-agent serve /, reason: "runs until it is ended: tests of packages/juju-agent" },
];

/** Commands of a page that none of the tests reads which run a page's sections. */
function remaining(page: string): readonly string[] {
  const whole = RUN.find((one) => one.page === page);
  if (whole !== undefined && whole.sections === undefined) return [];
  const walked = [...tutorial, ...ofRunningUnit, byHand].filter((one) => one.page === page);
  const run = new Set([
    ...walked.flatMap(({ commands }) => commands),
    ...(whole?.sections ?? []).flatMap((section) => readCommands(readSection(page, section))),
  ]);
  return readCommands(readPage(page)).filter((command) => !run.has(command));
}

/** What is wrong with a command; undefined when a test runs it, or a reason says why none does. */
function fault(command: string): string | undefined {
  const [program = "", ...words] = wordsOf(command);
  if (NOT_RUN.some(({ pattern }) => pattern.test(command))) return undefined;
  if (program === "npm") return npmFault(words);
  if (program === "juju") return jujuFault(words);
  // tests/docs/agent-commands.test.ts runs every other verb.
  return program === "github-runner-agent" ? undefined : "no test runs it; add one, or a reason";
}

function npmFault(words: readonly string[]): string | undefined {
  const [verb = "", script = ""] = words.filter((word) => !word.startsWith("--"));
  return (verb === "run" ? script : verb) in NPM ? undefined : "no test runs it; add one, or a reason";
}

function jujuFault(words: readonly string[]): string | undefined {
  try {
    asAgent(words);
    return undefined;
  } catch (thrown) {
    return String(thrown);
  }
}

describe("commands of the documentation", () => {
  const lines = commandPages().flatMap((page) => remaining(page).map((command) => ({ page, command })));

  it("are run by a test, or have a reason why none runs them", () => {
    expect(lines.length).to.be.greaterThan(60);
    const faults = lines.flatMap(({ page, command }) => {
      const text = fault(command);
      return text === undefined ? [] : `${page}: ${command}: ${text}`;
    });
    expect(faults.join("\n")).to.equal("");
  });

  it("have tests that read these pages", () => {
    for (const { page, test, sections = [] } of RUN) {
      expect(read(test), test).to.include(page);
      for (const section of sections) expect(read(test), test).to.include(section);
    }
    for (const { file, text } of Object.values(NPM)) expect(read(file), file).to.include(text);
  });

  it("need every reason", () => {
    const unused = NOT_RUN.filter(({ pattern }) => !lines.some(({ command }) => pattern.test(command)));
    expect(unused.map(({ pattern }) => String(pattern))).to.deep.equal([]);
    const verbs = new Set(lines.map(({ command }) => wordsOf(command)[1]));
    expect(
      [...Object.keys(NEEDS_CONTROLLER), ...Object.keys(NPM)].filter((verb) => !used(verb, verbs)),
    ).to.deep.equal([]);
  });

  it("are refused when no test runs them", () => {
    const wrong = ["juju destroy-model it", "npm run pakc", "rm -r /", "snap install juju"];
    expect(wrong.filter((command) => fault(command) === undefined)).to.deep.equal([]);
  });

  function used(verb: string, verbs: ReadonlySet<string | undefined>): boolean {
    const all = commandPages().flatMap((page) => readCommands(readPage(page)));
    return verbs.has(verb) || all.some((command) => wordsOf(command).includes(verb));
  }
});
