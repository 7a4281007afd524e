import { posix } from "node:path";

/** Imports by the names of packages, and the modules that they lead to. */
export type PackageEntries = ReadonlyMap<string, string>;

/** Statements that are gone at run time: they matter to the type check alone. */
const TYPE_IMPORTS = /^(?:import|export) type [^;]*;/gm;
/** An import, or a program that a test starts by its path. */
const MODULE = /"([^"\s]+\.ts)"/g;
const PACKAGE = /\b(?:from|import\() ?"([a-z][^"\s]*)"/g;

/** Which modules of a repository need which: by imports, and by the paths of programs that they start. */
export class ImportGraph {
  readonly #texts = new Map<string, string>();
  readonly #entries: PackageEntries;

  /** @param entries modules of the repository by the names that they are imported by, such as `lxd-client` */
  constructor(entries: PackageEntries) {
    this.#entries = entries;
  }

  /** Adds a module or changes its text. @param file path below the root, with `/` */
  set(file: string, text: string): void {
    this.#texts.set(file, text.replace(TYPE_IMPORTS, ""));
  }

  delete(file: string): void {
    this.#texts.delete(file);
  }

  /** Modules whose text has some words, such as the name of a file that they read. */
  mentioning(words: string): readonly string[] {
    return [...this.#texts].filter(([, text]) => text.includes(words)).map(([file]) => file);
  }

  /**
   * Modules that need one of the given modules, the given ones among them.
   *
   * @returns by module, the shortest chain of modules from it to a given one, both included
   */
  dependents(files: readonly string[]): ReadonlyMap<string, readonly string[]> {
    const importers = this.#importers();
    const chains = new Map<string, readonly string[]>(files.map((file) => [file, [file]]));
    // A map gives what is added while it is iterated, so this is a breadth-first search.
    for (const [file, chain] of chains) {
      for (const importer of importers.get(file) ?? [])
        if (!chains.has(importer)) chains.set(importer, [importer, ...chain]);
    }
    return chains;
  }

  #importers(): ReadonlyMap<string, readonly string[]> {
    const importers = new Map<string, string[]>();
    for (const [file, text] of this.#texts) {
      for (const imported of this.#needs(file, text)) {
        const known = importers.get(imported);
        if (known) known.push(file);
        else importers.set(imported, [file]);
      }
    }
    return importers;
  }

  #needs(file: string, text: string): ReadonlySet<string> {
    const paths = [...text.matchAll(MODULE)].map(([, path = ""]) => posix.join(posix.dirname(file), path));
    const entries = [...text.matchAll(PACKAGE)].flatMap(([, name = ""]) => this.#entries.get(name) ?? []);
    return new Set([...paths, ...entries]);
  }
}
