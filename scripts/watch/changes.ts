import { watch } from "node:fs";
import { join } from "node:path";

/** Files that nobody edits by hand, and those that an editor keeps beside the edited one. */
const IGNORED = /(?:^|\/)(?:node_modules|dist|\.[^/]+)(?:\/|$)|~$/;

export interface ChangesOptions {
  readonly root: string;
  /** Folders below the root, with all that is in them. Files in the root itself count as well. */
  readonly folders: readonly string[];
  /** Milliseconds without a further change after which changes are given: editors write several files at once. */
  readonly quietMs: number;
  /** Takes changed files, paths below the root, each once. */
  readonly onChange: (files: readonly string[]) => void;
  readonly signal: AbortSignal;
}

/** Watches a repository until the signal is aborted. */
export function watchChanges({ root, folders, quietMs, onChange, signal }: ChangesOptions): void {
  const pending = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  const note = (file: string) => {
    if (IGNORED.test(file)) return;
    pending.add(file);
    clearTimeout(timer);
    timer = setTimeout(() => {
      const files = [...pending].sort();
      pending.clear();
      onChange(files);
    }, quietMs);
  };
  watch(root, { signal }, (_event, name) => {
    // Names of folders have no dot; each has a watcher of its own.
    if (name?.includes(".")) note(name);
  });
  for (const folder of folders) {
    watch(join(root, folder), { recursive: true, signal }, (_event, name) => {
      if (name?.includes(".")) note(join(folder, name));
    });
  }
  signal.addEventListener("abort", () => {
    clearTimeout(timer);
  });
}
