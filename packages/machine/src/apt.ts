import { isAbsolute, join } from "node:path";
import { removeFile, runProcess, writeFileAtomically, type ProcessOutcome, type RunProcess } from "charm-kit";
import { assertName, CommandError, MachineNameError } from "./command-error.ts";

/** A package that dpkg has installed. */
export interface InstalledPackage {
  readonly name: string;
  readonly version: string;
  /** Such as `amd64` or `all`. */
  readonly architecture: string;
}

/** A package to install: its name, a certain version, or the absolute path of a `.deb` file. */
export type PackageRequest =
  string | { readonly name: string; readonly version: string } | { readonly file: string };

/** A repository of packages. */
export interface Repository {
  /** Name of its file, in lower-case letters, digits and hyphens. */
  readonly name: string;
  /** Such as `https://download.example.com/ubuntu`. */
  readonly uri: string;
  /** Such as `noble`; one that ends with `/` is a path, and has no components. */
  readonly suites: readonly string[];
  readonly components?: readonly string[];
  /** The key that signs it, in armoured text. */
  readonly key: string;
  /** @default all of the machine */
  readonly architectures?: readonly string[];
}

/** Options of {@link Apt}. */
export interface AptOptions {
  /** Runs programs. @default on this machine */
  readonly run?: RunProcess;
  /** Directory of repository files. @default "/etc/apt/sources.list.d" */
  readonly sources?: string;
  /** Seconds to wait for another program that installs packages. @default 300 */
  readonly lockSeconds?: number;
  /** Milliseconds for one call. @default 30 minutes */
  readonly limitMs?: number;
}

// apt-get removes what has a hyphen behind its name.
const PACKAGE = /^[a-z0-9][a-z0-9+.-]*[a-z0-9+.](?::[a-z0-9]+)?$/;
const VERSION = /^[A-Za-z0-9](?:[A-Za-z0-9.+~:-]*[A-Za-z0-9.+~])?$/;
const REPOSITORY = /^[a-z0-9][a-z0-9-]*$/;
const WORD = /^[^\s#]+$/;

/**
 * Packages of a Debian or Ubuntu machine, by apt-get and dpkg. Nothing is asked interactively: configuration files that
 * were changed on the machine stay.
 */
export class Apt {
  readonly #run: RunProcess;
  readonly #sources: string;
  readonly #lockSeconds: number;
  readonly #limitMs: number;

  constructor(options: AptOptions = {}) {
    this.#run = options.run ?? runProcess;
    this.#sources = options.sources ?? "/etc/apt/sources.list.d";
    this.#lockSeconds = options.lockSeconds ?? 300;
    this.#limitMs = options.limitMs ?? 1_800_000;
  }

  /** The package as it is installed; undefined when it is not, also when only its configuration is left. */
  async installed(name: string, signal: AbortSignal): Promise<InstalledPackage | undefined> {
    assertName("package", name, PACKAGE);
    // The fields of dpkg-query, not of a shell.
    const format = "--showformat=${db:Status-Status} ${Version} ${Architecture}\\n";
    const command = ["dpkg-query", "--show", format, name];
    const outcome = await this.#call(`read the package ${name}`, command, signal);
    // 1: dpkg does not know the package.
    if (outcome.exitCode === 1) return undefined;
    if (outcome.exitCode !== 0) throw new CommandError("apt", `read the package ${name}`, command, outcome);
    const [status, version, architecture] = outcome.stdout.trim().split(" ");
    if (status !== "installed" || version === undefined || architecture === undefined) return undefined;
    return { name, version, architecture };
  }

  /** Reads the lists of the repositories. */
  async update(signal: AbortSignal): Promise<void> {
    await this.#get("update the package lists", ["update", "--error-on=any"], signal);
  }

  /** Installs packages, or brings them to the newest or the given version. */
  async install(packages: readonly PackageRequest[], signal: AbortSignal): Promise<void> {
    const words = packages.map(requestWord);
    if (words.length === 0) return;
    const options = ["install", "--no-install-recommends", "--allow-downgrades"];
    await this.#get(`install ${words.join(", ")}`, [...options, "--", ...words], signal);
  }

  /**
   * Removes packages. Ignores those that are not installed.
   *
   * @param purge whether their configuration files go too.
   */
  async remove(names: readonly string[], signal: AbortSignal, { purge = false } = {}): Promise<void> {
    for (const name of names) assertName("package", name, PACKAGE);
    const known: string[] = [];
    for (const name of names) if (purge || (await this.installed(name, signal))) known.push(name);
    if (known.length === 0) return;
    await this.#get(`remove ${known.join(", ")}`, [purge ? "purge" : "remove", "--", ...known], signal);
  }

  /** Adds or replaces a repository with its key; {@link update} reads its lists. */
  async addRepository(repository: Repository): Promise<void> {
    const { name } = repository;
    assertName("repository", name, REPOSITORY);
    await writeFileAtomically(this.#path(name), repositoryFile(repository), { mode: 0o644 });
  }

  /** Removes a repository. Ignores one that is not there. */
  async removeRepository(name: string): Promise<void> {
    assertName("repository", name, REPOSITORY);
    await removeFile(this.#path(name));
  }

  #path(name: string): string {
    return join(this.#sources, `${name}.sources`);
  }

  async #get(action: string, words: readonly string[], signal: AbortSignal): Promise<void> {
    const options = [
      "--yes",
      "--quiet",
      ...["-o", `DPkg::Lock::Timeout=${this.#lockSeconds}`],
      ...["-o", "Dpkg::Options::=--force-confdef", "-o", "Dpkg::Options::=--force-confold"],
    ];
    const command = ["apt-get", ...options, ...words];
    const outcome = await this.#call(action, command, signal);
    if (outcome.exitCode !== 0) throw new CommandError("apt", action, command, outcome);
  }

  #call(action: string, command: readonly string[], signal: AbortSignal): Promise<ProcessOutcome> {
    const environment = ["env", "DEBIAN_FRONTEND=noninteractive", "NEEDRESTART_MODE=l", "LC_ALL=C.UTF-8"];
    return this.#run([...environment, ...command], { action, limitMs: this.#limitMs, signal });
  }
}

function requestWord(request: PackageRequest): string {
  if (typeof request === "string") {
    assertName("package", request, PACKAGE);
    return request;
  }
  if ("file" in request) {
    if (!isAbsolute(request.file) || !request.file.endsWith(".deb"))
      throw new MachineNameError("package file", request.file);
    return request.file;
  }
  assertName("package", request.name, PACKAGE);
  assertName("package version", request.version, VERSION);
  return `${request.name}=${request.version}`;
}

/** In the format deb822. A line of the key cannot be empty there. */
function repositoryFile({ name, uri, suites, components = [], key, architectures = [] }: Repository): string {
  for (const word of [uri, ...suites, ...components, ...architectures]) assertName("repository", word, WORD);
  const fields: readonly (readonly [string, string])[] = [
    ["X-Repolib-Name", name],
    ["Types", "deb"],
    ["URIs", uri],
    ["Suites", suites.join(" ")],
    ["Components", components.join(" ")],
    ["Architectures", architectures.join(" ")],
    [
      "Signed-By",
      [
        "",
        ...key
          .trim()
          .split("\n")
          .map((line) => ` ${line.trim() === "" ? "." : line}`),
      ].join("\n"),
    ],
  ];
  return fields
    .filter(([, value]) => value !== "")
    .map(([field, value]) => `${field}: ${value}\n`)
    .join("");
}
