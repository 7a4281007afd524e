import { execFileSync, spawnSync } from "node:child_process";
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { expect } from "chai";
import { unpackCharmArchive } from "juju-hook-tools";
import { RepositoryCopy } from "./copy-of-repository.ts";

const ROOT = join(import.meta.dirname, "../..");
const PAGE = "docs/reference/releases.md";
/** A release takes minutes, and an hour where other work has the processors. */
const LIMIT_MS = 90 * 60_000;
/** What the programs are said to need: docs/how-to/run-without-juju.md. */
const OLDEST_GLIBC = [2, 28] as const;
const MACHINES = { amd64: "Advanced Micro Devices X86-64", arm64: "AArch64" } as const;

/** The commands of a section of the page on releases, which are run as they stand there. */
function commandsOf(section: string): string {
  const text = readFileSync(join(ROOT, PAGE), "utf8");
  const start = text.indexOf(`## ${section}\n`);
  const end = text.indexOf("\n## ", start);
  const [, commands = ""] = /^```sh\n(.*?)^```$/ms.exec(text.slice(start, end)) ?? [];
  return commands;
}

describe("npm run release:files", function () {
  this.timeout(LIMIT_MS);
  let work: string;
  let one: RepositoryCopy;
  let directory: string;

  /** A build that has nothing in common with the first one but its inputs. */
  const other = () =>
    new RepositoryCopy(join(work, "another directory/and a deeper one"), {
      TZ: "Asia/Kathmandu",
      LC_ALL: "C",
      HOME: join(work, "nowhere"),
      TMPDIR: work,
    });
  const build = (copy: RepositoryCopy, before = "") =>
    copy.shell(
      `${before} node scripts/release-files.ts --output release-files --sign-with '${work}/release-key.pem' --passphrase-file '${work}/passphrase'`,
    );
  const built = (copy: RepositoryCopy) => {
    const [found = ""] = globSync("release-files/github-runner_*", { cwd: copy.path });
    return join(copy.path, found);
  };
  const file = (pattern: string) => {
    const [found, ...more] = globSync(pattern, { cwd: directory });
    expect([found, more], pattern).to.satisfy(
      ([first, rest]: [unknown, unknown[]]) => first && rest.length === 0,
    );
    return join(directory, found ?? "");
  };

  before(() => {
    work = mkdtempSync(join(tmpdir(), "release-"));
    one = new RepositoryCopy(join(work, "one"));
    one.write(".gitignore", `${readFileSync(join(ROOT, ".gitignore"), "utf8")}\nrelease-files\n`);
    writeFileSync(join(work, "passphrase"), "correct horse\n");
    one.shell(commandsOf("Make a key"));
    one.commit();
    expect(build(one)).to.include("SHA256SUMS.minisig by 2026.pub");
    directory = built(one);
  });

  after(() => {
    rmSync(work, { recursive: true, force: true });
  });

  it("makes the archives, agents and packages of both architectures, and what belongs to them", () => {
    const names = globSync("*", { cwd: directory }).map((name) =>
      name.replaceAll(/0\.\d+\.\d+[^_]*?(?=_|\.cdx)/g, "V"),
    );
    expect(names).to.have.members([
      "RELEASE-NOTES.md",
      "SHA256SUMS",
      "SHA256SUMS.minisig",
      "THIRD-PARTY-LICENCES.txt",
      "github-runner-agent_V_amd64.deb",
      "github-runner-agent_V_arm64.deb",
      "github-runner-agent_amd64",
      "github-runner-agent_arm64",
      "github-runner_V.cdx.json",
      "github-runner_ubuntu-22.04-24.04_amd64.charm",
      "github-runner_ubuntu-22.04-24.04_arm64.charm",
    ]);
  });

  it("always makes the same bytes of the same commit", () => {
    const two = other();
    for (const name of [".gitignore", "release/keys/2026.pub"])
      two.write(name, readFileSync(join(one.path, name), "utf8"));
    two.commit();
    two.touch(new Date("2001-02-03T04:05:06Z"));
    build(two, "umask 077;");
    expect(basename(built(two)), "the same commit").to.equal(basename(directory));
    const sums = (path: string) => readFileSync(join(path, "SHA256SUMS"), "utf8");
    expect(sums(built(two))).to.equal(sums(directory));
    const signature = (path: string) => readFileSync(join(path, "SHA256SUMS.minisig"), "utf8");
    expect(signature(built(two))).to.equal(signature(directory));
    rmSync(two.path, { recursive: true });
  });

  it("signs so that a person can verify, who is told when a file has changed", () => {
    const commands = commandsOf("Verify a release");
    const verify = () =>
      spawnSync("bash", ["-euo", "pipefail", "-c", `cp ../../release/keys/2026.pub KEY.pub; ${commands}`], {
        cwd: directory,
        encoding: "utf8",
      });
    const good = verify();
    expect(good.stdout + good.stderr).to.include("Signature and comment signature verified");
    expect(good.stdout).to.match(/^github-runner-agent_arm64: OK$/m);
    expect(good.status).to.equal(0);
    const notes = readFileSync(file("RELEASE-NOTES.md"), "utf8");
    one.shell(`echo evil >>'${file("RELEASE-NOTES.md")}'`);
    expect(verify()).to.include({ status: 1 });
    one.write(join("release-files", basename(directory), "RELEASE-NOTES.md"), notes);
    rmSync(join(directory, "KEY.pub"));
  });

  for (const architecture of ["amd64", "arm64"] as const) {
    it(`packs programs for ${architecture} that need no newer glibc than the documentation says`, async () => {
      const unpacked = join(work, architecture);
      await unpackCharmArchive(
        file(`*_${architecture}.charm`),
        join(unpacked, "charm"),
        AbortSignal.timeout(LIMIT_MS),
      );
      execFileSync("dpkg-deb", ["--extract", file(`*_${architecture}.deb`), join(unpacked, "deb")]);
      const programs = ["charm/runtime/bin/node", "deb/usr/lib/github-runner-agent/bin/node"].map((path) =>
        join(unpacked, path),
      );
      for (const program of programs) {
        const read = (...words: readonly string[]) =>
          execFileSync("readelf", [...words, program], { encoding: "utf8", maxBuffer: 2 ** 28 });
        expect(read("--file-header")).to.include(MACHINES[architecture]);
        const versions = [...read("--version-info", "--wide").matchAll(/GLIBC_(\d+)\.(\d+)/g)];
        const newer = versions.filter(
          ([, major, minor]) =>
            Number(major) * 1000 + Number(minor) > OLDEST_GLIBC[0] * 1000 + OLDEST_GLIBC[1],
        );
        expect(versions).not.to.be.empty;
        expect(newer.map(([name]) => name)).to.deep.equal([]);
      }
      const [charm = "", agent = ""] = programs.map((path) => readFileSync(path).toString("base64"));
      expect(charm === agent, "the same Node.js").to.be.true;
    });

    it(`makes a package for ${architecture} that lintian finds nothing wrong with`, () => {
      const words = ["--fail-on", "error,warning", "--display-info", "--tag-display-limit", "0"];
      const { status, stdout } = spawnSync("lintian", [...words, file(`*_${architecture}.deb`)], {
        encoding: "utf8",
      });
      expect(stdout.split("\n").filter((line) => /^[EW]:/.test(line))).to.deep.equal([]);
      expect(stdout).not.to.match(/unused-override|mismatched-override/);
      expect(status).to.equal(0);
    });
  }

  it("names every package in the archives in the bill of materials, with its licence in the text of licences", () => {
    const bom = JSON.parse(readFileSync(file("*.cdx.json"), "utf8")) as {
      readonly components: readonly {
        readonly name: string;
        readonly version: string;
        readonly licenses?: unknown;
      }[];
    };
    const listed = bom.components.map(({ name, version }) => `${name} ${version}`);
    const licences = readFileSync(file("THIRD-PARTY-LICENCES.txt"), "utf8");
    for (const architecture of ["amd64", "arm64"]) {
      const packed = readFileSync(join(work, architecture, "charm/lib/LICENSES"), "utf8");
      const names = [...packed.matchAll(/^(\S+ \d+\.\d+\.\d+\S*) \([\w. -]+\)$/gm)].map(
        ([, name = ""]) => name,
      );
      expect(names.length).to.be.greaterThan(10);
      expect(listed).to.include.members(names);
      for (const name of names) expect(licences).to.include(`\n${name} (`);
    }
    expect(listed.filter((name) => name.startsWith("node "))).to.have.length(2);
    expect(
      bom.components.filter(({ name, licenses }) => name !== "node" && licenses === undefined),
    ).to.deep.equal([]);
  });

  it("takes the next version, its changes and its upgrade notes from changesets", () => {
    const { version } = JSON.parse(readFileSync(join(one.path, "release/package.json"), "utf8")) as {
      readonly version: string;
    };
    for (const name of globSync(".changeset/*.md", { cwd: one.path })) rmSync(join(one.path, name));
    one.write(
      ".changeset/new-words.md",
      '---\n"github-runner": minor\n---\n\nThe moon is new.\n\nUpgrade: look up before you refresh.\n',
    );
    one.shell("changeset version && node scripts/take-changes.ts");
    const next = version.replace(/\d+\.\d+$/, (rest) => `${Number(rest.split(".")[0]) + 1}.0`);
    const read = (path: string) => readFileSync(join(one.path, path), "utf8");
    expect(JSON.parse(read("package.json"))).to.include({ version: next });
    expect(read("CHANGELOG.md")).to.include(`\n## ${next}\n\n- The moon is new.\n`);
    expect(read("docs/reference/upgrade-notes.md")).to.include(
      `\n## To ${next}\n\n- look up before you refresh.\n`,
    );
    one.commit();
    expect(one.run("node", "scripts/release-files.ts", "--tag").output).to.include("names no repository");
  });
});
