import { spawnSync } from "node:child_process";
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect } from "chai";

const ROOT = join(import.meta.dirname, "../..");
const EXAMPLE = join(ROOT, "examples/greeter");
const PAGE = join(ROOT, "docs/framework/tutorial.md");

/** A step of the page: a file to write, or commands to run. */
type Step =
  | { readonly kind: "file"; readonly name: string; readonly content: string }
  | { readonly kind: "commands"; readonly script: string };

/** Fenced blocks with a file name are files, `sh` blocks are commands, others are only output. */
function stepsOf(page: string): readonly Step[] {
  return [...page.matchAll(/^```(\w+)(?: (\S+))?\n(.*?)^```$/gms)].flatMap(
    ([, language, name, body = ""]): Step[] => {
      if (name !== undefined) return [{ kind: "file", name, content: body }];
      return language === "sh" ? [{ kind: "commands", script: body }] : [];
    },
  );
}

/** The page as a shell script: each file is written to the current directory of the earlier commands. */
function scriptOf(steps: readonly Step[], directory: string): string {
  const lines = steps.map((step, index) => {
    if (step.kind === "commands") return step.script;
    const source = join(directory, "files", String(index));
    mkdirSync(dirname(source), { recursive: true });
    writeFileSync(source, step.content);
    return `cp "${source}" "${step.name}"`;
  });
  return ["set -eu", ...lines].join("\n");
}

describe("docs/framework/tutorial.md", function () {
  this.timeout(120_000);
  const steps = stepsOf(readFileSync(PAGE, "utf8"));
  let directory: string;
  let output: string;

  before(() => {
    directory = mkdtempSync(join(tmpdir(), "tutorial-"));
    const run = spawnSync("sh", ["-c", scriptOf(steps, directory)], {
      cwd: directory,
      encoding: "utf8",
      env: { ...process.env, FRAMEWORK: ROOT },
    });
    output = `${run.stdout}${run.stderr}`;
    expect(run.status, output).to.equal(0);
  });

  after(() => {
    rmSync(directory, { recursive: true });
  });

  it("creates the files of the example charm", () => {
    const names = globSync(["*.yaml", "{src,tests}/*.ts"], { cwd: EXAMPLE }).sort();
    expect(names).to.include.members(["charm.yaml", "src/charm.ts", "tests/charm.test.ts"]);
    for (const name of names) {
      const written = readFileSync(join(directory, "greeter", name), "utf8");
      expect(written, name).to.equal(readFileSync(join(EXAMPLE, name), "utf8"));
    }
  });

  it("has tests that pass", () => {
    expect(output).to.match(/^ℹ pass [1-9]/m);
    expect(output).to.include("ℹ fail 0\n");
  });

  it("packs an archive that the agent can deploy and configure, and whose action it can run", () => {
    expect(output).to.match(/^dist\/greeter_ubuntu-24\.04_\w+\.charm packed/m);
    expect(output).to.include("greeting: Hello, Ada!");
    expect(output).to.match(/^greeter\/0\*\s+active\s+idle\s+Greeted 1$/m);
  });

  it("serves the page that it shows", () => {
    expect(output).to.match(/^Ahoi, Ada!$/m);
  });
});
