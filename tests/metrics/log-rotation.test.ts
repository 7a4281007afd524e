import { execFileSync } from "node:child_process";
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { LogRotation, rotationConfig } from "../../src/metrics/log-rotation.ts";
import { createLogger } from "charm-kit";
import { unaborted } from "../runners/signals.ts";
import { useTemporaryDirectory } from "../support/temporary-directory.ts";

describe("LogRotation", () => {
  const directory = useTemporaryDirectory();
  const logPath = () => join(directory.path, "metrics.log");
  const configPath = () => join(directory.path, "rotation");
  let commands: string[];
  let warnings: string[];

  beforeEach(() => {
    commands = [];
    warnings = [];
  });

  const rotation = (options: { readonly hasSystemd?: boolean; readonly failure?: string } = {}) =>
    new LogRotation({
      logPath: logPath(),
      configPath: configPath(),
      hasSystemd: () => options.hasSystemd ?? true,
      run: (command) => {
        const { failure = "" } = options;
        commands.push(command.join(" "));
        return Promise.resolve({ exitCode: failure === "" ? 0 : 1, stdout: "", stderr: failure });
      },
      log: createLogger(
        (level, line) => warnings.push(`${level} ${line}`),
        (text) => text,
      ),
    });

  it("has the log rotated weekly, without a copy of the old one, and enables the timer once", async () => {
    await rotation().ensure(unaborted());
    await rotation().ensure(unaborted());
    expect(await readFile(configPath(), "utf8")).to.equal(
      `${logPath()} {\n    weekly\n    rotate 0\n    create\n    missingok\n    notifempty\n}\n`,
    );
    expect(commands).to.deep.equal(["systemctl enable --now logrotate.timer"]);
    expect((await readdir(directory.path)).sort()).to.deep.equal(["rotation"]);
  });

  it("needs no systemd", async () => {
    await rotation({ hasSystemd: false }).ensure(unaborted());
    expect(commands).to.deep.equal([]);
    expect(await readFile(configPath(), "utf8")).to.include("weekly");
  });

  it("logs what it cannot do, fails nothing, and tries again the next time", async () => {
    await rotation({ failure: "Unit logrotate.timer does not exist" }).ensure(unaborted());
    expect(warnings).to.deep.equal([
      'WARNING The metrics log is not rotated; install logrotate (apt install logrotate) reason="Cannot enable logrotate.timer: `systemctl enable --now logrotate.timer` ended with 1: Unit logrotate.timer does not exist"',
    ]);
    await rotation().ensure(unaborted());
    expect(commands).to.have.lengthOf(2);
    expect(await readdir(directory.path)).to.include("rotation");
  });

  it("logs once why it goes on failing, and a new reason again", async () => {
    const options = { failure: "Unit logrotate.timer does not exist" };
    const staying = rotation(options);
    await staying.ensure(unaborted());
    await staying.ensure(unaborted());
    expect(warnings).to.have.length(1);
    options.failure = "Access denied";
    await staying.ensure(unaborted());
    expect(warnings).to.have.length(2);
    expect(commands).to.have.length(3);
  });

  it("takes the log and its rotation away", async () => {
    await rotation().ensure(unaborted());
    await writeFile(logPath(), "{}\n");
    await rotation().remove();
    await rotation().remove();
    expect(await readdir(directory.path)).to.deep.equal([]);
  });

  describe("by the real logrotate", () => {
    before(function () {
      if (process.getuid?.() !== 0 || !hasLogrotate()) this.skip();
    });

    const rotate = (...options: readonly string[]) =>
      execFileSync("logrotate", [...options, "--state", join(directory.path, "state"), configPath()], {
        encoding: "utf8",
        stdio: "pipe",
      });

    it("begins the log anew, with the same mode, and keeps nothing of the old one", async () => {
      await writeFile(configPath(), rotationConfig(logPath()), { mode: 0o644 });
      await writeFile(logPath(), '{"event":"old"}\n', { mode: 0o644 });
      rotate("--force");
      expect(await readFile(logPath(), "utf8")).to.equal("");
      expect((await stat(logPath())).mode & 0o777).to.equal(0o644);
      expect((await readdir(directory.path)).sort()).to.deep.equal(["metrics.log", "rotation", "state"]);
    });

    it("leaves a log that is not a week old, an empty one and one that is missing alone", async () => {
      await writeFile(configPath(), rotationConfig(logPath()), { mode: 0o644 });
      rotate();
      await writeFile(logPath(), "");
      rotate("--force");
      await writeFile(logPath(), '{"event":"young"}\n');
      rotate();
      expect(await readFile(logPath(), "utf8")).to.equal('{"event":"young"}\n');
    });

    it("passes over a file that was not finished", async () => {
      const all = join(directory.path, "logrotate.d");
      await mkdir(all);
      await writeFile(join(all, "rotation.4711-abc~"), rotationConfig(logPath()));
      await writeFile(configPath(), `include ${all}\n`, { mode: 0o644 });
      await writeFile(logPath(), "kept\n");
      rotate("--force");
      expect(await readFile(logPath(), "utf8")).to.equal("kept\n");
    });
  });
});

function hasLogrotate(): boolean {
  try {
    execFileSync("logrotate", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
