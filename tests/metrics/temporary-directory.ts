import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Makes a directory for each test of the surrounding suite, and deletes it. Call inside `describe`. */
export function useTemporaryDirectory(): { readonly path: string } {
  const directory = { path: "" };
  beforeEach(async () => {
    directory.path = await mkdtemp(join(tmpdir(), "metrics-test-"));
  });
  afterEach(() => rm(directory.path, { recursive: true, force: true }));
  return directory;
}
