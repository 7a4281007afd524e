import { createHash } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";

/** What an archive was made of; it is kept beside the archive. */
interface InputsRecord {
  readonly settings: string;
  /** Digests by paths that are relative to the charm; null of a file that is not there, which may come. */
  readonly files: Readonly<Record<string, string | null>>;
}

/** Everything that an archive depends on. */
export interface Inputs {
  /** Directory that paths of files are relative to. */
  readonly charm: string;
  /** What is not in files, as one text. */
  readonly settings: string;
  /** Paths, absolute or relative to the charm; those that are not there count as such. */
  readonly files: readonly string[];
}

/** Tells whether an archive of these settings was made of files that are all as they were. */
export async function isUpToDate(recordPath: string, charm: string, settings: string): Promise<boolean> {
  const record = await readRecord(recordPath);
  if (record?.settings !== digest(settings)) return false;
  const files = Object.entries(record.files);
  const same = await Promise.all(
    files.map(async ([path, before]) => (await digestOfFile(join(charm, path))) === before),
  );
  return same.every(Boolean);
}

/** Writes down what an archive was made of. */
export async function recordInputs(recordPath: string, { charm, settings, files }: Inputs): Promise<void> {
  const paths = [
    ...new Set(files.map((path) => relative(charm, join(path.startsWith("/") ? "" : charm, path)))),
  ];
  const digests = await Promise.all(
    paths.sort().map(async (path) => [path, await digestOfFile(join(charm, path))] as const),
  );
  const record: InputsRecord = { settings: digest(settings), files: Object.fromEntries(digests) };
  await writeFile(recordPath, JSON.stringify(record));
}

/** Digest of the packer itself: another one may make another archive of the same files. */
export async function packerDigest(): Promise<string> {
  const source = join(import.meta.dirname, "..");
  const names = await Promise.all(
    ["pack", "metadata"].map(async (room) =>
      (await readdir(join(source, room)))
        .filter((name) => /\.[jt]s$/.test(name))
        .map((name) => join(room, name)),
    ),
  );
  const texts = names
    .flat()
    .sort()
    .map((name) => readFile(join(source, name), "utf8"));
  return digest((await Promise.all(texts)).join("\0"));
}

async function readRecord(path: string): Promise<InputsRecord | undefined> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as InputsRecord;
  } catch {
    return undefined; // It is missing or cut short: the archive is made again.
  }
}

async function digestOfFile(path: string): Promise<string | null> {
  try {
    return digest(await readFile(path));
  } catch {
    return null; // It is not there; and what a plugin names need not be a file.
  }
}

function digest(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}
