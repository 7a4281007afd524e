import { execFile } from "node:child_process";
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import type { PackedPackage } from "../../scripts/packages/pack-packages.ts";
import type { Readme } from "./readme.ts";

/** Where the commands and what they print are written to, for a person to read. */
const TRANSCRIPT = process.env["STRANGER_TRANSCRIPT"];

const NPM_OPTIONS = "--prefer-offline --no-audit --no-fund --loglevel=error";
/** What an installation makes. */
const INSTALLED = ["node_modules", "package.json", "package-lock.json"];

/** Longest time that one command may take, in milliseconds. */
const LIMIT_MS = 330_000;

const run = promisify(execFile);

/** What commands print. */
export interface Printed {
  readonly stdout: string;
  readonly stderr: string;
}

/** Somebody with an empty directory outside the repository and the tarballs of the packages, who follows what is written. */
export class Stranger {
  readonly directory: string;
  readonly #tarballs: ReadonlyMap<string, readonly string[]>;
  readonly #pins: Readonly<Record<string, string>>;
  readonly #environment: NodeJS.ProcessEnv;

  private constructor(
    directory: string,
    tarballs: ReadonlyMap<string, readonly string[]>,
    pins: Readonly<Record<string, string>>,
  ) {
    this.directory = directory;
    this.#tarballs = tarballs;
    this.#pins = pins;
    this.#environment = strangersEnvironment();
  }

  static async arrive(packed: readonly PackedPackage[]): Promise<Stranger> {
    const pins = await readFile(join(import.meta.dirname, "pins.json"), "utf8");
    const directory = await mkdtemp(join(tmpdir(), "stranger-"));
    const tarballs = await tarballsOf(packed);
    return new Stranger(directory, tarballs, JSON.parse(pins) as Readonly<Record<string, string>>);
  }

  /** Installs as a README says: our packages from their tarballs, other packages in pinned versions. */
  async install(commands: readonly string[], node: string): Promise<void> {
    for (const command of commands) await this.run(this.#pinned(command), { node });
  }

  /** Follows the steps of a README. @returns what each of its commands has printed, beside what it should. */
  async follow(
    { steps }: Readme,
    options: RunOptions,
  ): Promise<readonly { readonly printed: Printed; readonly output: string | undefined }[]> {
    const outcomes = [];
    for (const step of steps) {
      if (step.kind === "file") {
        await this.write(step.path, step.content);
        continue;
      }
      const printed = await this.run(step.script, options);
      outcomes.push({ printed, output: step.output });
    }
    return outcomes;
  }

  async write(path: string, content: string): Promise<void> {
    const file = join(this.directory, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
    await note(`$ cat ${path}\n${content}`);
  }

  /** Runs a script. @throws Error with what it printed when it fails. */
  async run(script: string, { node, environment = {} }: RunOptions): Promise<Printed> {
    const env = { ...this.#environment, ...environment };
    env["PATH"] = `${node}:${env["PATH"] ?? ""}`;
    await note(script.trim().replaceAll(/^/gm, "$ "));
    try {
      const printed = await run("sh", ["-euc", script], { cwd: this.directory, env, timeout: LIMIT_MS });
      await note(`${printed.stdout}${printed.stderr}`);
      return printed;
    } catch (thrown) {
      const { stdout = "", stderr = "" } = thrown as Partial<Printed>;
      throw new Error(`Cannot run ${script}\n${stdout}${stderr}`, { cause: thrown });
    }
  }

  /** Removes everything but what was installed. */
  async clear(): Promise<void> {
    for (const name of await readdir(this.directory)) {
      if (!INSTALLED.includes(name)) await rm(join(this.directory, name), { recursive: true });
    }
  }

  async leave(): Promise<void> {
    await rm(this.directory, { recursive: true, force: true });
  }

  #pinned(command: string): string {
    if (!command.startsWith("npm install")) return command;
    const words = command.split(" ").flatMap((word) => {
      const pin = this.#pins[word];
      return this.#tarballs.get(word) ?? (pin === undefined ? word : `${word}@${pin}`);
    });
    return [...new Set(words), NPM_OPTIONS].join(" ");
  }
}

/** How commands run. */
export interface RunOptions {
  /** Directory of the Node.js that they find. */
  readonly node: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** What npm and mocha put into the environment of this process; how to reach the registry is not among it. */
const FROM_TEST_RUN =
  /^(npm_(?!config_)\w+|npm_config_(local_|global_)?prefix|NODE|NODE_(OPTIONS|ENV|PATH|V8_COVERAGE|COMPILE_CACHE)|INIT_CWD)$/;

/** The environment of a user's shell. */
function strangersEnvironment(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env).filter(([name]) => !FROM_TEST_RUN.test(name));
  const path = (process.env["PATH"] ?? "").split(":").filter((part) => !part.endsWith("node_modules/.bin"));
  return { ...Object.fromEntries(entries), PATH: path.join(":") };
}

/** The tarballs to install for each package: its own and those of its siblings, which no registry has. */
async function tarballsOf(packed: readonly PackedPackage[]): Promise<ReadonlyMap<string, readonly string[]>> {
  const tarballs = new Map<string, readonly string[]>();
  for (const { name, directory, tarball } of packed) {
    const path = join(import.meta.dirname, "../..", directory, "package.json");
    const { dependencies = {} } = JSON.parse(await readFile(path, "utf8")) as {
      readonly dependencies?: Readonly<Record<string, string>>;
    };
    const siblings = Object.keys(dependencies).flatMap((dependency) => tarballs.get(dependency) ?? []);
    tarballs.set(name, [...new Set([...siblings, tarball])]);
  }
  return tarballs;
}

async function note(text: string): Promise<void> {
  if (TRANSCRIPT !== undefined && text !== "") await appendFile(TRANSCRIPT, `${text.replace(/\n$/, "")}\n`);
}
