import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { closeSync, constants, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import type { GuestFile } from "../../src/guest/payload.ts";
import {
  ANSWERS_PIPE,
  CONFIG_SCRIPT,
  DELIVER_PROGRAM,
  PAYLOAD_PIPE,
  RECEIVE_PROGRAM,
  RUNNER_SCRIPT,
  START_SCRIPT,
} from "../../src/guest/paths.ts";
import { startScripts } from "../../src/guest/start-scripts.ts";

/** What a program of the guest ended with. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A started program of the guest. */
export interface Started {
  readonly process: ChildProcess;
  readonly ended: Promise<Ended>;
}

/**
 * The guest's programs, run for real by bash in a temporary directory. They are the rendered ones but for this:
 *
 * - every absolute path of the guest (`/home/ubuntu`, `/usr/local/lib/github-runner`,
 *   `/metrics-exchange`) stands below the directory;
 * - `chown` and `setpriv`, which need root and the user `ubuntu`, come from the directory: the first writes down what
 *   it is asked for in `owners`, the second writes its options down in `identity` and runs the program as it is;
 * - `chmod` writes down in `modes-before` which mode a file has that it is to change.
 */
export class GuestSandbox {
  readonly root = mkdtempSync(join(tmpdir(), "guest-test-"));
  readonly #processes: ChildProcess[] = [];

  constructor() {
    for (const program of startScripts) this.#write(program.path, this.#moved(program.content));
    this.#write("/bin/chown", `#!/bin/bash\necho "$*" >>${this.root}/owners\n`);
    this.#write(
      "/bin/setpriv",
      `#!/bin/bash\nwhile [[ $1 == --* ]]; do echo "$1" >>${this.root}/identity; shift; done\nexec "$@"\n`,
    );
    this.#write(
      "/bin/chmod",
      `#!/bin/bash\nstat -c %a "$2" >>${this.root}/modes-before\nPATH=\${PATH#*:} exec chmod "$@"\n`,
    );
    execFileSync("mkfifo", ["-m", "600", this.path(PAYLOAD_PIPE), this.path(ANSWERS_PIPE)]);
  }

  /** Where a path of the guest is on this machine. */
  path(guestPath: string): string {
    return join(this.root, guestPath);
  }

  /** A file of an order, with its path below the directory. */
  file(guestPath: string, content: string, mode = "0644"): GuestFile {
    return { path: this.path(guestPath), mode, owner: "ubuntu", content };
  }

  /** What the runner application does when it is started. */
  application(script: string): void {
    this.#write(RUNNER_SCRIPT, `#!/bin/bash\n${script}\n`);
  }

  /** What the runner application does when it is told to register. */
  configuration(script: string): void {
    this.#write(CONFIG_SCRIPT, `#!/bin/bash\n${script}\n`);
  }

  receive(): Started {
    return this.#start(RECEIVE_PROGRAM, {});
  }

  start(environment: Readonly<Record<string, string>>): Started {
    return this.#start(START_SCRIPT, environment);
  }

  deliver(payload: string): Started {
    const started = this.#start(DELIVER_PROGRAM, {});
    started.process.stdin?.end(payload);
    return started;
  }

  /** Ends everything that was started, and deletes the directory. */
  destroy(): void {
    for (const { pid } of this.#processes) if (pid !== undefined) killGroup(pid);
    // `timeout` waits in a group of its own; the end of its input ends it.
    pokePipe(this.path(PAYLOAD_PIPE));
    rmSync(this.root, { recursive: true, force: true });
  }

  #start(program: string, environment: Readonly<Record<string, string>>): Started {
    const started = spawn(this.path(program), [], {
      detached: true,
      env: { ...environment, PATH: `${join(this.root, "bin")}:${process.env["PATH"] ?? ""}` },
    });
    this.#processes.push(started);
    started.stdin.on("error", () => undefined);
    const code = new Promise<number | null>((resolve) => started.once("exit", resolve));
    const ended = Promise.all([code, text(started.stdout), text(started.stderr)]).then(
      ([exitCode, stdout, stderr]) => ({ code: exitCode, stdout, stderr }),
    );
    return { process: started, ended };
  }

  #moved(script: string): string {
    return script
      .replaceAll("/home/ubuntu", this.path("/home/ubuntu"))
      .replaceAll("/usr/local/lib/github-runner", this.path("/usr/local/lib/github-runner"))
      .replaceAll("/metrics-exchange", this.path("/metrics-exchange"));
  }

  #write(guestPath: string, content: string): void {
    const path = this.path(guestPath);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content, { mode: 0o755 });
  }
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // Already gone.
  }
}

function pokePipe(path: string): void {
  try {
    closeSync(openSync(path, constants.O_WRONLY | constants.O_NONBLOCK));
  } catch {
    // Nobody reads.
  }
}
