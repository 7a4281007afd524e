import { createReadStream } from "node:fs";
import { posix } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { Parser, type ReadEntry } from "tar";

/** Limits of an archive. The runner application has about 0.7 GiB in 20 000 files. */
export interface ArchiveLimits {
  readonly entries: number;
  /** Bytes of the unpacked tar stream. */
  readonly bytes: number;
}

const LIMITS: ArchiveLimits = { entries: 200_000, bytes: 4 * 1024 ** 3 };

const PLAIN: ReadonlySet<string> = new Set(["File", "OldFile", "ContiguousFile", "Directory"]);

/** A link member. */
interface Lead {
  readonly from: string;
  readonly to: string;
}

/**
 * Scans a gzipped tar archive for content that is dangerous to unpack as root: members with
 * absolute paths or `..`, links that point out of it or through other links, devices and pipes, and more than the limits.
 *
 * @returns the error; undefined for a safe archive.
 * @throws the signal's reason after an abort.
 */
export async function inspectArchive(
  path: string,
  signal: AbortSignal,
  limits: ArchiveLimits = LIMITS,
): Promise<string | undefined> {
  const inspection = new Inspection(limits);
  try {
    await pipeline(createReadStream(path), createGunzip(), inspection.reader(), { signal });
  } catch (thrown) {
    signal.throwIfAborted();
    return (
      inspection.fault ?? `it cannot be read, ${thrown instanceof Error ? thrown.message : String(thrown)}`
    );
  }
  return inspection.fault ?? inspection.faultOfLeads();
}

class Inspection {
  fault: string | undefined;
  readonly #limits: ArchiveLimits;
  readonly #parser: Parser;
  /** Paths of symbolic links. */
  readonly #links = new Set<string>();
  readonly #leads: Lead[] = [];
  #entries = 0;
  #bytes = 0;
  #parseError: Error | undefined;

  constructor(limits: ArchiveLimits) {
    this.#limits = limits;
    this.#parser = new Parser({ strict: true });
    this.#parser.on("entry", (entry: ReadEntry) => {
      this.#see(entry);
      entry.resume();
    });
    // Member types that the parser does not know.
    this.#parser.on("ignoredEntry", (entry: ReadEntry) => {
      this.#refuse(entry, `is of the type ${entry.type}`);
    });
    this.#parser.on("error", (error: Error) => {
      this.#parseError = error;
    });
  }

  /** Feeds the parser and stops at the first error, since the rest may be endless. */
  reader(): Transform {
    return new Transform({
      transform: (chunk: Buffer, _encoding, done) => {
        this.#bytes += chunk.length;
        if (this.#bytes > this.#limits.bytes)
          this.fault ??= `it unpacks to more than ${this.#limits.bytes} bytes`;
        else this.#parser.write(chunk);
        done(this.#failure());
      },
      flush: (done) => {
        this.#parser.end();
        done(this.#failure());
      },
    });
  }

  /** Links are checked when all members are known. */
  faultOfLeads(): string | undefined {
    const bad = this.#leads.find(({ to }) => this.#passesLink(to));
    return bad && `its member ${quote(bad.from)} leads through a symbolic link`;
  }

  #failure(): Error | undefined {
    return this.fault === undefined ? this.#parseError : new Error(this.fault);
  }

  #see(entry: ReadEntry): void {
    this.#entries += 1;
    if (this.#entries > this.#limits.entries) {
      this.fault ??= `it has more than ${this.#limits.entries} members`;
      return;
    }
    const path = normalise(entry.path);
    if (path === undefined) {
      this.#refuse(entry, "has a path that leads out of it");
      return;
    }
    this.#leads.push({ from: entry.path, to: posix.dirname(path) });
    this.#judge(entry, path);
  }

  #judge(entry: ReadEntry, path: string): void {
    if (entry.type === "SymbolicLink") {
      this.#links.add(path);
      this.#follow(entry, entry.linkpath ?? "", posix.dirname(path));
    } else if (entry.type === "Link") {
      this.#follow(entry, entry.linkpath ?? "", ".");
    } else if (!PLAIN.has(entry.type)) {
      this.#refuse(entry, `is of the type ${entry.type}`);
    }
  }

  #follow(entry: ReadEntry, target: string, directory: string): void {
    const isAbsolute = target === "" || posix.isAbsolute(target);
    const to = isAbsolute ? undefined : inside(posix.join(directory, target));
    if (to === undefined) {
      this.#refuse(entry, "is a link that points out of it");
      return;
    }
    // Checks the literal target: `link/..` is the parent of the link's target, not of the link.
    for (const step of steps(directory, target)) this.#leads.push({ from: entry.path, to: step });
  }

  #passesLink(path: string): boolean {
    const parts = path.split("/");
    return parts.some((_part, index) => this.#links.has(parts.slice(0, index + 1).join("/")));
  }

  #refuse(entry: ReadEntry, why: string): void {
    this.fault ??= `its member ${quote(entry.path)} ${why}`;
  }
}

/** The path below the archive's root; undefined when it may be outside. */
function normalise(path: string): string | undefined {
  if (posix.isAbsolute(path) || path.split("/").includes("..") || path.includes("\0")) return undefined;
  return inside(posix.normalize(path));
}

function inside(path: string): string | undefined {
  const isOutside = path === ".." || path.startsWith("../");
  return isOutside ? undefined : path.replace(/\/$/, "");
}

/** The directories in a link's target before each `..`. */
function steps(directory: string, target: string): string[] {
  const parts = target.split("/");
  return parts
    .flatMap((part, index) => (part === ".." ? [posix.join(directory, ...parts.slice(0, index))] : []))
    .filter((step) => step !== ".");
}

function quote(path: string): string {
  return JSON.stringify(path.slice(0, 200));
}
