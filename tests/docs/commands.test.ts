import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { parse } from "yaml";

const ROOT = join(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");

/** Pages whose commands a test runs one after the other; those of some sections, where they are named. */
const RUN: Readonly<Record<string, { readonly test: string; readonly sections?: readonly string[] }>> = {
  "docs/framework/tutorial.md": { test: "tests/docs/framework-tutorial.packed.test.ts" },
  "docs/reference/releases.md": {
    test: "tests/release/release-files.release.ts",
    sections: ["Verify a release", "Make a key"],
  },
  "CONTRIBUTING.md": { test: "tests/docs/first-change.slow.test.ts", sections: ["Your first change"] },
};

/** Programs in commands of pages that no test runs as they stand, and why not. */
const NOT_RUN: Readonly<Record<string, string>> = {
  apt: "installs what the tests have already",
  curl: "asks a running unit, or hosts of the Internet",
  export: "sets the shell that reads the page",
  done: "ends the loop of by-hand removal above it",
  for: "removes by hand what a lost unit has left",
  grep: "reads files of a running unit",
  journalctl: "reads the journal of a running unit",
  lxc: "shows instances of a running unit",
  nft: "shows the rules of a running unit",
  systemctl: "asks systemd about a running unit",
  umount: "removes by hand what a lost unit has left",
};

/** Commands of the programs of others that pages may name. */
const JUJU = new Set(
  (
    "add-secret add-unit config debug-log deploy grant-secret integrate model-config refresh remove-application " +
    "remove-unit resolve revoke-secret run secrets show-unit ssh status storage update-secret"
  ).split(" "),
);

interface Line {
  readonly page: string;
  readonly command: string;
}

/** Commands in the shell blocks of a page, without those of sections that a test runs. */
function commandsOf(page: string): Line[] {
  const run = RUN[page];
  if (run !== undefined && run.sections === undefined) return [];
  let text = read(page);
  for (const section of run?.sections ?? []) {
    const start = text.indexOf(`## ${section}`);
    const end = text.indexOf("\n## ", start + 1);
    text = text.slice(0, start) + (end < 0 ? "" : text.slice(end));
  }
  const blocks = [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, body = ""]) => body);
  return blocks.flatMap((body) =>
    body
      .replaceAll(/\\\n\s*/g, "")
      .split("\n")
      .map((line) => line.replace(/\s+#\s.*$/, "").trim())
      .filter((line) => line !== "" && !line.startsWith("#"))
      .map((command) => ({ page, command })),
  );
}

const options = (parse(read("config.yaml")) as { options: Record<string, unknown> }).options;
const actions = parse(read("actions.yaml")) as Record<string, { params?: Record<string, unknown> }>;
const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
const agentVerbs = new Set(
  globSync("packages/juju-agent/src/**/*.ts", { cwd: ROOT }).flatMap((file) =>
    [...read(file).matchAll(/\b(?:add|addGrants|command)\(\s*["`]([a-z-]+)/g)].map(([, verb]) => verb),
  ),
);

/** What is wrong with a command; undefined for a right one, or one with a reason not to be checked. */
function fault(command: string): string | undefined {
  const [program = "", ...rest] = command.split(/\s+/);
  if (program === "npm") return npmFault(rest);
  if (program === "juju") return jujuFault(rest);
  if (/(^|\/)(github-runner|juju)-agent(_\w+)?$/.test(program)) return agentFault(rest);
  return program in NOT_RUN ? undefined : `nobody runs ${program}; add a test, or a reason`;
}

function npmFault(words: readonly string[]): string | undefined {
  const [verb = "", ...rest] = words.filter((word) => !word.startsWith("--"));
  const [script = ""] = rest;
  if (verb === "test" || verb === "ci" || verb === "install") return undefined;
  if (verb === "create") return script === "juju-charm" ? undefined : `there is no create-${script}`;
  if (verb !== "run") return `npm ${verb} is not known`;
  if (!(script in scripts)) return `there is no npm run ${script}`;
  return script === "agent" ? agentFault(words.slice(words.indexOf("--") + 1)) : undefined;
}

function jujuFault([verb = "", ...rest]: readonly string[]): string | undefined {
  if (!JUJU.has(verb)) return `juju ${verb} is not known`;
  if (verb === "run") return actionFault(rest.slice(1));
  return verb === "config" ? rest.map(optionFault).find(Boolean) : undefined;
}

function agentFault(words: readonly string[]): string | undefined {
  const bare = words.filter((word, index) => !word.startsWith("--") && words[index - 1] !== "--state");
  const [verb = "", ...rest] = bare;
  if (verb === "" && words.length > 0) return undefined;
  if (!agentVerbs.has(verb)) return `the agent has no verb ${verb}`;
  if (verb === "run") return actionFault(rest.filter((word) => !word.includes("/")));
  return verb === "config" ? rest.map(optionFault).find(Boolean) : undefined;
}

function actionFault([name = "", ...parameters]: readonly string[]): string | undefined {
  const action = actions[name];
  if (action === undefined) return `there is no action ${name}`;
  return parameters
    .filter((one) => /^[a-z-]+=/.test(one))
    .map((one) => one.split("=", 1)[0] ?? "")
    .filter((one) => !(one in (action.params ?? {})))
    .map((one) => `${name} has no parameter ${one}`)[0];
}

function optionFault(word: string): string | undefined {
  const name = /^([a-z][a-z-]*)=/.exec(word)?.[1];
  return name === undefined || name in options ? undefined : `there is no option ${name}`;
}

describe("commands of the documentation", () => {
  const pages = globSync(["README.md", "CONTRIBUTING.md", "docs/**/*.md"], { cwd: ROOT }).filter(
    (page) => !page.startsWith("docs/framework/reference/"),
  );
  const lines = pages.flatMap(commandsOf);

  it("are run by a test, or name what exists, or have a reason", () => {
    expect(lines.length).to.be.greaterThan(60);
    const faults = lines.flatMap(({ page, command }) => {
      const text = fault(command);
      return text === undefined ? [] : `${page}: ${command}: ${text}`;
    });
    expect(faults.join("\n")).to.equal("");
  });

  it("have tests that read these pages", () => {
    for (const [page, { test, sections = [] }] of Object.entries(RUN)) {
      expect(read(test), test).to.include(page);
      for (const section of sections) expect(read(test), test).to.include(section);
    }
  });

  it("name no program without need", () => {
    const programs = new Set(lines.map(({ command }) => command.split(/\s+/)[0]));
    expect(Object.keys(NOT_RUN).filter((program) => !programs.has(program))).to.deep.equal([]);
  });

  it("are refused when they name what does not exist", () => {
    const wrong = [
      "juju config github-runner lables=x",
      "juju run github-runner/0 flush",
      "npm run pakc",
      "rm -r /",
    ];
    expect(wrong.filter((command) => fault(command) === undefined)).to.deep.equal([]);
  });
});
