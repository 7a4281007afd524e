import { existsSync, watch } from "node:fs";
import { dirname } from "node:path";

/** Resolves when a file exists. Its directory must exist. */
export async function appears(path: string): Promise<void> {
  if (existsSync(path)) return;
  const watcher = watch(dirname(path));
  await new Promise<void>((resolve) => {
    watcher.on("change", () => {
      if (existsSync(path)) resolve();
    });
    if (existsSync(path)) resolve();
  });
  watcher.close();
}
