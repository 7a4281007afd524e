import { execFile, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readdir, readlink, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { buildArchive } from "./build-archive.ts";

/** The runner application refuses root; where tests run as root, it runs as this user. */
const NOBODY = 65_534;

/** The runner application, unpacked in a directory of its own as a machine would have it. */
export class UnpackedApplication {
  readonly directory: string;
  /** All that was printed. */
  output = "";
  #process: ChildProcess | undefined;

  private constructor(directory: string) {
    this.directory = directory;
  }

  static async unpack(signal: AbortSignal): Promise<UnpackedApplication> {
    const directory = await mkdtemp(join(tmpdir(), "runner-application-"));
    const { path } = await buildArchive(directory, signal);
    await promisify(execFile)("tar", ["--extract", "--file", path, "--directory", directory], { signal });
    await rm(path);
    // Unpacked by root, the files belong to whom the archive says.
    if (process.getuid?.() === 0) {
      await promisify(execFile)("chown", ["-R", `${NOBODY}:${NOBODY}`, directory], { signal });
    }
    await chmod(directory, 0o755);
    return new UnpackedApplication(directory);
  }

  /**
   * Starts a program of the application as a user who is not root.
   *
   * @returns its exit code.
   */
  async run(
    program: string,
    environment: Readonly<Record<string, string>>,
    ...words: string[]
  ): Promise<number> {
    const child = spawn(join(this.directory, program), words, {
      ...asUser(),
      cwd: "/",
      env: { PATH: "/usr/local/bin:/usr/bin:/bin", HOME: this.directory, ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#process = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        this.output += text;
      });
    }
    const [code] = (await once(child, "close")) as [number | null];
    return code ?? -1;
  }

  /** Asks the started program to end, as a service manager would. */
  interrupt(): void {
    this.#process?.kill("SIGINT");
  }

  /** Ends what runs and removes the directory. */
  async remove(): Promise<void> {
    this.#process?.kill("SIGKILL");
    for (const pid of await processesIn(this.directory)) end(pid);
    await rm(this.directory, { recursive: true, force: true });
  }
}

function asUser(): { readonly uid?: number; readonly gid?: number } {
  return process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
}

/** One that has ended since it was found counts as ended. */
function end(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== "ESRCH") throw thrown;
  }
}

/** Whatever works below a directory; steps are in process groups of their own. */
async function processesIn(directory: string): Promise<readonly number[]> {
  const pids = (await readdir("/proc")).map(Number).filter((pid) => pid > 0);
  const directories = await Promise.all(pids.map((pid) => readlink(`/proc/${pid}/cwd`).catch(() => "")));
  return pids.filter((_, index) => directories[index]?.startsWith(directory));
}
