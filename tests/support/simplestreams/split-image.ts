import { execFile } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

/** Files of an image as a simplestreams server has them. */
export interface SplitImageFiles {
  /** `lxd.tar.xz`: metadata.yaml and templates. */
  readonly metadata: string;
  readonly squashfs: string;
}

/** Takes an image out of the local LXD and splits it, in a directory. */
export async function splitImage(
  fingerprint: string,
  directory: string,
  signal: AbortSignal,
): Promise<SplitImageFiles> {
  const run = async (command: string, ...args: readonly string[]) => {
    await promisify(execFile)(command, [...args], { cwd: directory, signal });
  };
  await mkdir(join(directory, "tree"));
  await run("lxc", "image", "export", fingerprint, "unified");
  // LXD names the file by the compression that it finds.
  await run("bash", "-c", "tar --extract --auto-compress --directory tree --file unified*; rm unified*");
  const [metadata, squashfs] = [join(directory, "lxd.tar.xz"), join(directory, "rootfs.squashfs")];
  const quick = ["-comp", "zstd", "-Xcompression-level", "1", "-no-progress", "-quiet"];
  await run("mksquashfs", "tree/rootfs", squashfs, "-noappend", ...quick);
  await run(
    "tar",
    "--create",
    "--xz",
    "--directory",
    "tree",
    "--file",
    metadata,
    "metadata.yaml",
    "templates",
  );
  await run("rm", "-rf", "tree");
  return { metadata, squashfs };
}
