import { spawnSync } from "node:child_process";
import {
  chmodSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readSync,
  closeSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { packAgent } from "../../scripts/agent/pack-agent.ts";
import { runnerAgent } from "../../scripts/agent/products.ts";

const ROOT = join(import.meta.dirname, "../..");
const LIMIT_MS = 20 * 60_000;
const APPLICATION = "emulated";
/** Of an ELF file: where it says for which processor it is, and what it says for arm64. */
const MACHINE = { offset: 18, arm64: 0xb7 } as const;

describe("The packed programs for arm64", function () {
  this.timeout(LIMIT_MS);
  let directory: string;
  let program: string;

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), "arm64-programs-"));
    program = (await packAgent(ROOT, directory, "arm64", await runnerAgent(ROOT, directory, "arm64"))).path;
    chmodSync(program, 0o755);
    // The programs of this machine say what it is.
    const uname = `#!/bin/sh\ncase $* in\n-m) echo aarch64 ;;\n*) exec /usr/bin/uname "$@" ;;\nesac\n`;
    mkdirSync(join(directory, "bin"));
    writeFileSync(join(directory, "bin/uname"), uname, { mode: 0o755 });
    mkdirSync(join(directory, "cache"));
  });
  after(() => {
    rmSync(directory, { recursive: true, force: true });
  });

  /** Runs the agent as root of a machine that has never had one. @returns its exit code, and what it prints. */
  const attempt = (...words: readonly string[]) => {
    const { status, stdout, stderr } = spawnSync(
      "unshare",
      [
        ...["--mount", "sh", "-euc", 'mount --bind "$1" /var/cache; shift; exec "$@"', "agent"],
        ...[join(directory, "cache"), program, "--state", join(directory, "state"), ...words],
      ],
      {
        encoding: "utf8",
        env: { PATH: `${join(directory, "bin")}:/usr/sbin:/usr/bin:/sbin:/bin` },
        timeout: LIMIT_MS,
      },
    );
    return { status, stdout, stderr };
  };
  const agent = (...words: readonly string[]) => {
    const { status, stdout, stderr } = attempt(...words);
    expect(status, `${words.join(" ")}: ${stdout}${stderr}`).to.equal(0);
    return stdout;
  };
  const machineOf = (file: string) => {
    const bytes = Buffer.alloc(2);
    const opened = openSync(file, "r");
    readSync(opened, bytes, 0, 2, MACHINE.offset);
    closeSync(opened);
    return bytes.readUInt16LE();
  };

  it("start, deploy the charm of the archive, run its hooks, and remove it", () => {
    expect(agent("--version")).to.match(/^\d+\.\d+\.\d+/);
    agent("--quiet", "deploy", "--app", APPLICATION);
    try {
      expect(attempt("wait", "--timeout", "10m").stdout).to.match(/^emulated\/0: blocked: path: missing/m);
      const pattern = "{cache/*/*/bin,state/agents/*/charm/runtime/bin}/node";
      const programs = globSync(pattern, { cwd: directory });
      expect(programs, "of the agent and of the unit").to.have.length(2);
      for (const path of programs) expect(machineOf(join(directory, path)), path).to.equal(MACHINE.arm64);
      expect(agent("debug-log", "--lines", "1000")).to.include("emulated/0");
    } finally {
      agent("--quiet", "remove");
    }
    expect(globSync("state/agents/*", { cwd: directory })).to.deep.equal([]);
  });
});
