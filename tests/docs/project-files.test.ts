import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { parse } from "yaml";

const ROOT = join(import.meta.dirname, "../..");

const read = (path: string) => readFileSync(join(ROOT, path), "utf8");
const json = (path: string): unknown => JSON.parse(read(path));

interface IssueForm {
  readonly name: string;
  readonly description: string;
  readonly body: readonly {
    readonly type: string;
    readonly id?: string;
    readonly attributes: Readonly<Record<string, unknown>>;
  }[];
}

describe("issue templates", () => {
  const forms = globSync(".github/ISSUE_TEMPLATE/*.yml", { cwd: ROOT }).filter(
    (path) => !path.endsWith("config.yml"),
  );

  it("exist for bugs, features and questions", () => {
    expect(forms.sort()).to.deep.equal(
      ["bug", "feature", "question"].map((name) => `.github/ISSUE_TEMPLATE/${name}.yml`),
    );
  });

  for (const path of forms) {
    it(`${path} is a form that GitHub accepts`, () => {
      const { name, description, body } = parse(read(path)) as IssueForm;
      expect([name, description]).not.to.include("");
      for (const { type, id, attributes } of body) {
        expect(type).to.be.oneOf(["markdown", "textarea", "input", "dropdown", "checkboxes"]);
        if (type === "markdown") expect(attributes).to.have.keys("value");
        else expect([id, attributes["label"]]).to.satisfy((texts: unknown[]) => texts.every(Boolean));
      }
      const ids = body.flatMap(({ id }) => id ?? []);
      expect(new Set(ids).size, "each ID once").to.equal(ids.length);
      expect(body.some(({ type }) => type !== "markdown")).to.equal(true);
    });
  }
});

describe("editor and dev container", () => {
  it("recommend the same extensions", () => {
    const { recommendations } = json(".vscode/extensions.json") as { recommendations: readonly string[] };
    const { customizations } = json(".devcontainer/devcontainer.json") as {
      customizations: { vscode: { extensions: readonly string[] } };
    };
    expect(customizations.vscode.extensions).to.deep.equal(recommendations);
  });

  it("start programs that the dependencies have", () => {
    const { configurations } = json(".vscode/launch.json") as {
      configurations: readonly { readonly program: string; readonly runtimeExecutable: string }[];
    };
    const { "typescript.tsdk": compiler } = json(".vscode/settings.json") as { "typescript.tsdk": string };
    const paths = configurations
      .flatMap(({ program, runtimeExecutable }) => [program, runtimeExecutable])
      .filter((path) => path !== "${file}")
      .map((path) => path.replace("${workspaceFolder}/", ""));
    for (const path of [...paths, compiler]) expect(existsSync(join(ROOT, path)), path).to.equal(true);
  });

  it("run a script after the dev container's creation that is in the repository", () => {
    const { postCreateCommand, build } = json(".devcontainer/devcontainer.json") as {
      postCreateCommand: string;
      build: { dockerfile: string };
    };
    expect(existsSync(join(ROOT, postCreateCommand.replace("bash ", "")))).to.equal(true);
    expect(existsSync(join(ROOT, ".devcontainer", build.dockerfile))).to.equal(true);
  });
});
