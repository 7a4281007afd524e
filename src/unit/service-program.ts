import { statSync } from "node:fs";

/**
 * Identifies a program by what an upgrade changes.
 *
 * @param path absolute path of its file.
 */
export function programIdentity(path: string): Promise<string> {
  return Promise.resolve().then(() => {
    const { ino, size, mtimeMs } = statSync(path);
    return `${ino}-${size}-${Math.round(mtimeMs)}`;
  });
}
