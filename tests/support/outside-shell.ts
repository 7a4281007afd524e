import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { packedPackages } from "../packages/packed-packages.ts";
import { NpmRegistry } from "./npm-registry.ts";

const ROOT = join(import.meta.dirname, "../..");

/** What npm has downloaded is kept between runs; what it was asked for is not. */
const DOWNLOADS = join(ROOT, ".cache/npm-downloads");

const BUILD_MS = 12 * 60_000;
const SCRIPT_MS = 12 * 60_000;

const run = promisify(execFile);

/** What a script has printed. */
export interface Printed {
  readonly stdout: string;
  readonly stderr: string;
}

/** The shell of somebody in a directory of their own, whose npm finds the packages of this repository as if published. */
export class OutsideShell {
  readonly directory: string;
  readonly #home: string;
  readonly #registry: NpmRegistry;

  private constructor(registry: NpmRegistry, home: string) {
    this.#registry = registry;
    this.#home = home;
    this.directory = join(home, "work");
  }

  static async open(): Promise<OutsideShell> {
    const registry = await NpmRegistry.start(await packedPackages(AbortSignal.timeout(BUILD_MS)));
    const home = await mkdtemp(join(tmpdir(), "outside-"));
    await mkdir(join(home, "work"));
    await mkdir(join(home, "npm"));
    await mkdir(DOWNLOADS, { recursive: true });
    await symlink(DOWNLOADS, join(home, "npm/_cacache"));
    return new OutsideShell(registry, home);
  }

  /**
   * Runs a script.
   *
   * @param node directory of the Node.js that it finds first; without one, that of the machine.
   * @throws Error with what it has printed when it fails.
   */
  async run(script: string, node?: string): Promise<Printed> {
    try {
      const env = this.#environment(node);
      return await run("sh", ["-euc", script], { cwd: this.directory, env, timeout: SCRIPT_MS });
    } catch (thrown) {
      const { stdout = "", stderr = "" } = thrown as Partial<Printed>;
      throw new Error(`Cannot run ${script}\n${stdout}${stderr}`, { cause: thrown });
    }
  }

  async close(): Promise<void> {
    this.#registry.close();
    await rm(this.#home, { recursive: true, force: true });
  }

  /** Without what npm and mocha have put into the environment of this process. */
  #environment(node: string | undefined): NodeJS.ProcessEnv {
    const entries = Object.entries(process.env).filter(([name]) => !/^(npm_|NODE_|INIT_CWD$)/.test(name));
    const path = (process.env["PATH"] ?? "").split(":").filter((part) => !part.endsWith("node_modules/.bin"));
    return {
      ...Object.fromEntries(entries),
      ...this.#registry.environment,
      PATH: [...(node === undefined ? [] : [node]), ...path].join(":"),
      npm_config_cache: join(this.#home, "npm"),
      // A person is asked whether npm create may fetch the package.
      npm_config_yes: "true",
      npm_config_audit: "false",
      npm_config_fund: "false",
      npm_config_update_notifier: "false",
    };
  }
}
