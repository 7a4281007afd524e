import { createHash } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";

/** Record of an archive's inputs, stored beside the archive. */
interface InputsRecord {
  readonly settings: string;
  /** Digests by path relative to the charm; null for a missing file, which may be created later. */
  readonly files: Readonly<Record<string, string | null>>;
}

/** All inputs of an archive. */
export interface Inputs {
  /** Base directory of relative paths. */
  readonly charm: string;
  /** Inputs that are not files, as one string. */
  readonly settings: string;
  /** Paths, absolute or relative to the charm. Missing files are recorded as missing. */
  readonly files: readonly string[];
}

/** Whether the recorded settings and files are unchanged. */
export async function isUpToDate(recordPath: string, charm: string, settings: string): Promise<boolean> {
  const record = await readRecord(recordPath);
  if (record?.settings !== digest(settings)) return false;
  const files = Object.entries(record.files);
  const same = await Promise.all(
    files.map(async ([path, before]) => (await digestOfFile(join(charm, path))) === before),
  );
  return same.every(Boolean);
}

/** Records the inputs of an archive. */
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

/** Digest of the packer's code, because another version may create another archive from the same files. */
export async function packerDigest(): Promise<string> {
  const source = join(import.meta.dirname, "..");
  const names = await Promise.all(
    ["pack", "metadata"].map(async (folder) =>
      (await readdir(join(source, folder)))
        .filter((name) => /\.[jt]s$/.test(name))
        .map((name) => join(folder, name)),
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
    return undefined; // Missing or damaged: the archive is packed again.
  }
}

async function digestOfFile(path: string): Promise<string | null> {
  try {
    return digest(await readFile(path));
  } catch {
    return null; // Missing, or a source of a plugin that is not a file.
  }
}

function digest(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}
