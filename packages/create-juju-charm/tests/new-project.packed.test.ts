import { globSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { installNodeVersions, NODE_VERSIONS } from "../../../tests/packages/node-versions.ts";
import { OutsideShell } from "../../../tests/support/outside-shell.ts";

const README = join(import.meta.dirname, "../README.md");

describe("a project that npm create juju-charm starts", function () {
  this.timeout(15 * 60_000);
  let shell: OutsideShell;
  let printed: string;

  /** Runs the commands of the README, as they are. */
  before(async () => {
    shell = await OutsideShell.open();
    const [, commands = ""] = /^```sh\n(.*?)^```$/ms.exec(readFileSync(README, "utf8")) ?? [];
    const { stdout, stderr } = await shell.run(commands);
    printed = `${stdout}${stderr}`;
  });
  after(() => shell.close());

  const project = () => join(shell.directory, "greeter");
  const run = (script: string, node?: string) => shell.run(`cd greeter\n${script}`, node);
  const failure = async (script: string) =>
    run(script).then(
      () => "it did not fail",
      (thrown: unknown) => String(thrown),
    );

  it("is packed by the four commands of the README", () => {
    expect(printed).to.match(/^dist\/greeter_ubuntu-24\.04_\w+\.charm packed \(\d+ MB, /m);
    expect(globSync("dist/*.charm", { cwd: project() })).to.have.length(1);
  });

  it("has types that are made already, tests that pass, and nothing to lint", async () => {
    await run("npm run generate -- --check && npm run check && npm run lint");
    const { stdout } = await run("npm test");
    expect(stdout).to.match(/^ℹ pass 2$/m);
  });

  for (const version of NODE_VERSIONS) {
    it(`is generated, checked, tested and packed by Node.js ${version}`, async () => {
      const directory = (await installNodeVersions())[version];
      const { stdout } = await run(
        `node --version
juju_charm="node node_modules/juju-charm/dist/cli/main.js"
$juju_charm generate --check
$juju_charm test
$juju_charm pack --output "dist/node${version}"`,
        directory,
      );
      expect(stdout).to.match(new RegExp(`^v${version}\\.`));
      expect(stdout).to.match(/^ℹ pass 2$/m);
      expect(stdout).to.match(/^dist\/node\d+\/greeter_\S+ packed /m);
    });
  }

  it("is told by lint of a promise that nobody awaits", async () => {
    const charm = join(project(), "src/charm.ts");
    const before = readFileSync(charm, "utf8");
    const careless = before.replace("await event.setResults", "event.setResults");
    expect(careless).not.to.equal(before);
    writeFileSync(charm, careless);
    expect(await failure("npm run lint")).to.include("@typescript-eslint/no-floating-promises");
    writeFileSync(charm, before);
  });

  it("does not pack what does not compile, and tells a misspelt key", async () => {
    const config = join(project(), "config.yaml");
    const before = readFileSync(config, "utf8");
    writeFileSync(config, before.replace("greeting:", "greetings:"));
    expect(await failure("npm run pack")).to.match(/src\/charm\.ts\(\d+,\d+\): error TS2339/);
    writeFileSync(config, before.replace("default:", "defualt:"));
    expect(await failure("npm run pack")).to.include(
      "options.greeting.defualt is not known; did you mean default?",
    );
    writeFileSync(config, before);
    await run("npm run generate");
  });

  it("packs files of its own", async () => {
    const manifest = join(project(), "package.json");
    const before = readFileSync(manifest, "utf8");
    writeFileSync(manifest, before.replace('"files": []', '"files": ["templates/*"]'));
    await run("mkdir templates && echo hello > templates/page.txt && npm run pack");
    const [archive = ""] = globSync("dist/*.charm", { cwd: project() });
    const { stdout } = await run(`python3 -m zipfile -l ${archive}`);
    expect(stdout).to.match(/^templates\/page\.txt /m);
    writeFileSync(manifest, before);
  });

  it("is deployed by the embedded agent, and greets", async () => {
    const { stdout } = await run(`npm run pack
npm run agent -- deploy dist/greeter_*.charm
npm run agent -- run greet who=Ada
npm run agent -- status
npm run agent -- remove`);
    expect(stdout).to.include("greeting: Hello, Ada!");
    expect(stdout).to.match(/^greeter\/0\*\s+active\s+idle/m);
  });
});
