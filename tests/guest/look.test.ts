import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { LOOK_COMMAND } from "../../src/guest/look.ts";

const LISTENER = ["/home/ubuntu/github-runner/bin/Runner.Listener", "run"];
const WORKER = ["/home/ubuntu/github-runner/bin/Runner.Worker", "spawnclient", "119", "122"];
const PRE_JOB = ["/usr/bin/bash", "/home/ubuntu/github-runner/pre-job.sh"];
const RECEIVE = ["/bin/bash", "/usr/local/lib/github-runner/receive"];

describe("a look into the guest", () => {
  let root = "";
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "look-"));
  });
  afterEach(() => {
    rmSync(root, { recursive: true });
  });

  /** What the look prints among these processes; its own shell and grep are among them, as they are in a guest. */
  const look = (...processes: readonly (readonly string[])[]) => {
    const [shell, , script] = LOOK_COMMAND;
    [...processes, LOOK_COMMAND, ["grep", "-qs", "Runner[.]Worke[r]"]].forEach((words, index) => {
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
    expect(look(RECEIVE, LISTENER)).to.equal("waiting");
  });

  it("sees an application wait that restarts itself", () => {
    expect(look(RECEIVE)).to.equal("waiting");
  });

  it("sees a job", () => {
    expect(look(RECEIVE, LISTENER, WORKER)).to.equal("job");
  });

  it("sees a job whose pre-job script runs", () => {
    expect(look(RECEIVE, LISTENER, WORKER, PRE_JOB)).to.equal("pre-job");
  });

  it("sees a job that outlives what started it", () => {
    expect(look(WORKER)).to.equal("job");
  });

  it("sees an application that has ended, and with which code", () => {
    expect(look()).to.equal("ended 7");
    expect(look(["/usr/sbin/sshd"])).to.equal("ended 7");
  });
});
