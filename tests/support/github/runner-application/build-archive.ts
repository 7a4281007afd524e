import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { cp, readFile, writeFile } from "node:fs/promises";
import type { ArchiveFile } from "../http/archive-offer.ts";
import { describeArchive } from "./describe-archive.ts";

/** The version that the stand-in of the runner application says it is. */
const APPLICATION_VERSION = "2.337.0";

/**
 * Builds the archive of the runner application's stand-in: bash and Perl with what the package `perl-base` of Debian and
 * Ubuntu holds, so that it runs on a minimal system and starts in a few hundredths of a second. The same sources give
 * the same bytes.
 *
 * @param directory where the archive is put.
 * @param edit changes the source of its listener. @default none
 */
export async function buildArchive(
  directory: string,
  signal: AbortSignal,
  edit?: (listener: string) => string,
): Promise<ArchiveFile> {
  const path = join(directory, `actions-runner-linux-x64-${APPLICATION_VERSION}.tar.gz`);
  const reproducible = ["--sort=name", "--mtime=@0", "--owner=1001", "--group=1001", "--numeric-owner"];
  const original = join(import.meta.dirname, "files");
  const sources = edit ? await editedSources(original, join(directory, "application"), edit) : original;
  const files = ["--directory", sources, "."];
  const options = [
    "--create",
    "--use-compress-program=gzip -n",
    "--mode=go-w",
    "--file",
    path,
    ...reproducible,
  ];
  await promisify(execFile)("tar", [...options, ...files], { signal });
  return describeArchive(path);
}

async function editedSources(
  original: string,
  copy: string,
  edit: (listener: string) => string,
): Promise<string> {
  await cp(original, copy, { recursive: true });
  const path = join(copy, "bin/Runner.Listener");
  const source = await readFile(path, "utf8");
  const edited = edit(source);
  if (edited === source) throw new Error("Cannot edit the listener: the edit changes nothing");
  await writeFile(path, edited);
  return copy;
}
