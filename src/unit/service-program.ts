import { stat } from "node:fs/promises";

/**
 * Identifies a program by what an upgrade changes.
 *
 * @param path absolute path of its file.
 */
export async function programIdentity(path: string): Promise<string> {
  const { ino, size, mtimeMs } = await stat(path);
  return `${ino}-${size}-${Math.round(mtimeMs)}`;
}
