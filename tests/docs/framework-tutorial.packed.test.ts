import { execFileSync } from "node:child_process";
import { globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { OutsideShell } from "../support/outside-shell.ts";

const ROOT = join(import.meta.dirname, "../..");
const EXAMPLE = join(ROOT, "examples/greeter");
const PAGE = join(ROOT, "docs/framework/tutorial.md");

/** A step of the page: a file to write, or commands to run. */
type Step =
  | { readonly kind: "file"; readonly name: string; readonly content: string }
  | { readonly kind: "commands"; readonly script: string };

/** Fenced blocks with a file's name are files, those in `sh` are commands; others only show something. */
function stepsOf(page: string): readonly Step[] {
  return [...page.matchAll(/^```(\w+)(?: (\S+))?\n(.*?)^```$/gms)].flatMap(
    ([, language, name, body = ""]): Step[] => {
      if (name !== undefined) return [{ kind: "file", name, content: body }];
      return language === "sh" ? [{ kind: "commands", script: body }] : [];
    },
  );
}

/** What a shell does that is given the page: files are written where the commands before have led. */
function scriptOf(steps: readonly Step[], directory: string): string {
  const lines = steps.map((step, index) => {
    if (step.kind === "commands") return step.script;
    const source = join(directory, "files", String(index));
    mkdirSync(dirname(source), { recursive: true });
    writeFileSync(source, step.content);
    return `cp "${source}" "${step.name}"`;
  });
  return lines.join("\n");
}

describe("the tutorial of the framework", function () {
  this.timeout(15 * 60_000);
  let shell: OutsideShell;
  let output: string;

  before(async () => {
    shell = await OutsideShell.open();
    const { stdout, stderr } = await shell.run(
      scriptOf(stepsOf(readFileSync(PAGE, "utf8")), shell.directory),
    );
    output = `${stdout}${stderr}`;
  });

  after(() => shell.close());

  it("makes the example charm, file by file", () => {
    const names = execFileSync("git", ["ls-files"], { cwd: EXAMPLE, encoding: "utf8" }).trim().split("\n");
    expect(names).to.include.members([
      "charm.yaml",
      "src/charm.ts",
      "src/metadata.generated.ts",
      "tests/charm.test.ts",
      "package.json",
    ]);
    for (const name of names) {
      const written = readFileSync(join(shell.directory, "greeter", name), "utf8");
      expect(written, name).to.equal(readFileSync(join(EXAMPLE, name), "utf8"));
    }
    const made = globSync("{*.yaml,{src,tests}/*.ts}", { cwd: join(shell.directory, "greeter") });
    expect(names).to.include.members(made);
  });

  it("has tests that pass", () => {
    expect(output).to.match(/^ℹ pass [1-9]/m);
    expect(output).to.include("ℹ fail 0\n");
  });

  it("packs an archive that the agent deploys, configures and runs an action of", () => {
    expect(output.match(/^dist\/greeter_ubuntu-24\.04_\w+\.charm packed/gm)).to.have.length(2);
    expect(output).to.include("greeting: Hello, Ada!");
    expect(output).to.match(/^greeter\/0\*\s+active\s+idle\s+\d+s\s+Greeted 1$/m);
  });

  it("leaves the page that it promises", () => {
    expect(output).to.match(/^Ahoi, Ada!$/m);
  });
});
