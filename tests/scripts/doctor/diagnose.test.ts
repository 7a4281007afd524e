import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { diagnose, exitCodeOf, renderFindings, type Finding } from "../../../scripts/doctor/diagnose.ts";
import { PROGRAMS, type MachineFacts, type Program } from "../../../scripts/doctor/facts.ts";

const ROOT = join(import.meta.dirname, "../../..");
const DOCTOR = join(ROOT, "scripts/doctor.ts");
const GIB = 2 ** 30;

/** A machine that has everything. */
const COMPLETE: MachineFacts = {
  platform: "linux",
  architecture: "x64",
  isRoot: true,
  nodeVersion: "24.21.0",
  pinnedNodeVersion: "24.21.0",
  hasNpm: true,
  hasApt: true,
  missingPrograms: [],
  hasLxd: true,
  hasBaseImage: true,
  hasArchive: true,
  hasBridgeFilter: true,
  hasLoopDevices: true,
  hasVirtualMachines: true,
  inotifyInstances: 1_048_576,
  freeDiskBytes: 50 * GIB,
  freeMemoryBytes: 8 * GIB,
};

describe("diagnose()", () => {
  it("finds nothing on a machine that has everything", () => {
    expect(diagnose(COMPLETE)).to.deep.equal([]);
  });

  const cases: readonly (readonly [lack: Partial<MachineFacts>, level: Finding["level"], what: RegExp])[] = [
    [{ platform: "darwin", architecture: "arm64" }, "missing", /^Linux .*; this is darwin on arm64$/],
    [{ architecture: "riscv64" }, "missing", /^Linux .*; this is linux on riscv64$/],
    [{ nodeVersion: "20.1.0" }, "missing", /^Node\.js 24\.21\.0; this is 20\.1\.0$/],
    [{ hasNpm: false }, "missing", /^npm$/],
    [{ isRoot: false }, "missing", /^root$/],
    [{ missingPrograms: ["shellcheck"] }, "missing", /^shellcheck$/],
    [{ hasApt: false }, "optional", /^apt-get$/],
    [{ hasLxd: false, hasBaseImage: undefined }, "missing", /LXD$/],
    [{ hasBaseImage: false }, "missing", /base image/],
    [{ hasArchive: false }, "missing", /packed charm/],
    [{ hasBridgeFilter: false }, "missing", /br_netfilter$/],
    [{ hasLoopDevices: false }, "missing", /^loop devices$/],
    [{ hasVirtualMachines: false }, "optional", /^KVM/],
    [{ inotifyInstances: 128 }, "missing", /it is 128$/],
    [{ freeDiskBytes: 3.5 * GIB }, "missing", /3\.5 GiB are free$/],
    [{ freeMemoryBytes: GIB }, "missing", /1\.0 GiB are free$/],
  ];
  for (const [lack, level, what] of cases) {
    it(`finds one thing that is ${level} for ${JSON.stringify(lack)}`, () => {
      const findings = diagnose({ ...COMPLETE, ...lack });
      expect(findings).to.have.length(1);
      expect(findings[0]!.level).to.equal(level);
      expect(findings[0]!.what).to.match(what);
    });
  }

  it("says for each missing program who needs it and which package has it", () => {
    const missingPrograms = Object.keys(PROGRAMS) as Program[];
    const findings = diagnose({ ...COMPLETE, missingPrograms });
    expect(findings.map(({ what }) => what)).to.deep.equal(missingPrograms);
    for (const [index, { why, remedy }] of findings.entries()) {
      expect(why).not.to.equal("");
      expect(remedy).to.include(PROGRAMS[missingPrograms[index]!]);
    }
  });

  it("knows the packages that npm test installs", () => {
    const script = readFileSync(join(ROOT, "tests/support/lxd/ensure-lxd.sh"), "utf8");
    const [, tools = ""] = /install_tools\(\) \{.*?missing_packages ([^)]+)\)/s.exec(script) ?? [];
    const installed = Object.fromEntries(tools.split(" ").map((pair) => pair.split(":") as [string, string]));
    expect({ ...installed, busybox: "busybox-static" }).to.deep.equal(PROGRAMS);
  });
});

describe("a diagnosis", () => {
  const optional = diagnose({ ...COMPLETE, hasVirtualMachines: false });
  const missing = diagnose({ ...COMPLETE, hasNpm: false });

  it("exits with 1 only when something is missing that is not optional", () => {
    expect(exitCodeOf([])).to.equal(0);
    expect(exitCodeOf(optional)).to.equal(0);
    expect(exitCodeOf([...optional, ...missing])).to.equal(1);
  });

  it("says what is missing, why it is needed and how to get it", () => {
    expect(renderFindings(missing)).to.equal(
      "MISSING   npm\n          needed for: the dependencies\n          to get it: apt-get install nodejs npm\nMissing: 1.\n",
    );
    expect(renderFindings(optional)).to.match(
      /^optional {2}KVM.*\n.*\n.*\nNothing that tests need is missing\.\n$/,
    );
    expect(renderFindings([])).to.equal("Nothing is missing: all commands and tests can run.\n");
  });
});

describe("npm run doctor", () => {
  it("diagnoses this machine, for programs with --json", () => {
    const { status, stdout } = spawnSync(process.execPath, [DOCTOR, "--json"], { encoding: "utf8" });
    const findings = JSON.parse(stdout) as readonly Finding[];
    expect(status).to.equal(exitCodeOf(findings));
    for (const finding of findings) expect(finding).to.have.all.keys("level", "what", "why", "remedy");
    // This test runs on the pinned Node.js, where npm has installed the dependencies.
    expect(findings.map(({ what }) => what)).not.to.include("npm");
    expect(findings.some(({ what }) => what.startsWith("Node.js"))).to.equal(false);
  });

  it("refuses an option that it does not know", () => {
    const { status, stderr } = spawnSync(process.execPath, [DOCTOR, "--yaml"], { encoding: "utf8" });
    expect({ status, stderr }).to.deep.equal({ status: 2, stderr: "error: unknown option '--yaml'\n" });
  });
});
