import { copyFile, mkdir, open, readdir, realpath, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

import { makeFileAtomically } from "charm-kit";
import { AgentRequestError } from "../agent-errors.ts";

/** How the agent is called. */
export interface AgentProgram {
  /** Absolute path and arguments. */
  readonly command: readonly string[];
  /** Undefined for an agent that npm or its sources provide. */
  readonly packed?: PackedProgram;
}

/** The agent as a single file, which unpacks its Node.js when it is started for the first time. */
export interface PackedProgram {
  /** Absolute path of the file. */
  readonly file: string;
  /** The directory of this version's unpacked copy; those of others are beside it. */
  readonly unpacked: string;
}

/** Name of an unpacked copy: the SHA-256 of its archive. */
const COPY = /^[0-9a-f]{64}$/;
/** Longer than the first two lines. */
const HEAD_BYTES = 512;

/**
 * Copies the agent's single file to a directory in `PATH`, unless it runs from there.
 *
 * @param name of the installed file.
 * @returns the command that calls the copy; the program's own one when it is no single file.
 * @throws AgentRequestError when another program has its name.
 */
export async function installProgram(
  name: string,
  { command, packed }: AgentProgram,
  directory: string,
): Promise<readonly string[]> {
  if (packed === undefined) return command;
  const target = join(directory, name);
  const kind = await kindOf(target, name);
  if (kind === "other")
    throw new AgentRequestError(`Cannot install ${target}: another program has this name, move it away`);
  const isItself = kind === "agent" && (await realpath(target)) === (await realpath(packed.file));
  if (!isItself) await copyTo(target, packed.file);
  await removeOthers(packed.unpacked);
  return [target];
}

async function copyTo(target: string, source: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true, mode: 0o755 });
  await makeFileAtomically(target, async (partial) => {
    await copyFile(source, partial);
    const file = await open(partial, "r+");
    await file.chmod(0o755).finally(() => file.close());
  });
}

/** Deletes the unpacked copies of replaced versions. One that runs has loaded all that it needs. */
async function removeOthers(unpacked: string): Promise<void> {
  const cache = dirname(unpacked);
  const names = await readdir(cache).catch(() => []);
  for (const name of names.filter((other) => COPY.test(other) && other !== basename(unpacked)))
    await rm(join(cache, name), { recursive: true, force: true });
}

/** Deletes the installed copy, and all unpacked ones. */
export async function removeProgram(
  name: string,
  { packed }: AgentProgram,
  directory: string,
): Promise<void> {
  if (packed === undefined) return;
  const target = join(directory, name);
  if ((await kindOf(target, name)) === "agent") await rm(target);
  await rm(dirname(packed.unpacked), { recursive: true, force: true });
}

/** The second line of the file begins with its name, in every version. */
async function kindOf(path: string, name: string): Promise<"agent" | "other" | "absent"> {
  const file = await open(path, "r").catch(() => undefined);
  if (file === undefined) return "absent";
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    const [, second = ""] = buffer.toString("latin1", 0, bytesRead).split("\n");
    return second.startsWith(`# ${name} `) ? "agent" : "other";
  } finally {
    await file.close();
  }
}
