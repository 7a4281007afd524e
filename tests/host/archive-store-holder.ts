import { ArchiveStore } from "../../src/host/archive-store.ts";

/** Run as a process: fetches an archive into a directory, unless it is killed before. */
const [directory = "", downloadUrl = "", sha256 = ""] = process.argv.slice(2);
const application = {
  version: "2.337.0",
  filename: "runner.tar.gz",
  downloadUrl,
  sha256,
  downloadToken: undefined,
};
await new ArchiveStore({ directory }).fetch(application, new AbortController().signal);
