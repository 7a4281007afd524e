import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { ACTIVITY_COMMAND } from "../../src/guest/activity-command.ts";

const LISTENER = ["/home/ubuntu/github-runner/bin/Runner.Listener", "run"];
const WORKER = ["/home/ubuntu/github-runner/bin/Runner.Worker", "spawnclient", "119", "122"];
const PRE_JOB = ["/usr/bin/bash", "/home/ubuntu/github-runner/pre-job.sh"];
const RECEIVE = ["/bin/bash", "/usr/local/lib/github-runner/receive"];

describe("the activity command", () => {
  let root = "";
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "activity-"));
  });
  afterEach(() => {
    rmSync(root, { recursive: true });
  });

  /** Prints the activity among these processes; its own shell and grep are among them, as they are in a guest. */
  const inspect = (...processes: readonly (readonly string[])[]) => {
    const [shell, , script] = ACTIVITY_COMMAND;
    [...processes, ACTIVITY_COMMAND, ["grep", "-qs", "Runner[.]Worke[r]"]].forEach((words, index) => {
      const directory = join(root, "proc", String(index + 1));
      mkdirSync(directory, { recursive: true });
      writeFileSync(join(directory, "cmdline"), words.map((word) => `${word}\0`).join(""));
    });
    const systemctl = join(root, "systemctl");
    writeFileSync(systemctl, '#!/bin/sh\necho "$STATUS"\n');
    chmodSync(systemctl, 0o755);
    const env = { PATH: `${root}:${process.env["PATH"] ?? ""}`, STATUS: "7" };
    return execFileSync(shell, ["-c", script.replaceAll("/proc/", `${root}/proc/`)], {
      env,
      encoding: "utf8",
    }).trim();
  };

  it("sees an application that waits for a job", () => {
    expect(inspect(RECEIVE, LISTENER)).to.equal("waiting");
  });

  it("sees an application wait that restarts itself", () => {
    expect(inspect(RECEIVE)).to.equal("waiting");
  });

  it("sees a job", () => {
    expect(inspect(RECEIVE, LISTENER, WORKER)).to.equal("job");
  });

  it("sees a job whose pre-job script runs", () => {
    expect(inspect(RECEIVE, LISTENER, WORKER, PRE_JOB)).to.equal("job-started-hook");
  });

  it("sees a job that outlives what started it", () => {
    expect(inspect(WORKER)).to.equal("job");
  });

  it("sees an application that has ended, and with which code", () => {
    expect(inspect()).to.equal("ended 7");
    expect(inspect(["/usr/sbin/sshd"])).to.equal("ended 7");
  });
});
