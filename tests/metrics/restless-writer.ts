import { renameSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";

/** Changes a file as fast as it can, as a hostile guest would while it is read. */
const path = process.argv[2] ?? "";
writeFileSync(path, "a".repeat(1000));
process.send?.("writing");
for (;;) {
  writeFileSync(`${path}.new`, "a".repeat(1000));
  renameSync(`${path}.new`, path);
  truncateSync(path, 10);
  writeFileSync(path, "a".repeat(5000));
  writeFileSync(path, "");
  symlinkSync("/etc/passwd", `${path}.link`);
  renameSync(`${path}.link`, path);
  writeFileSync(`${path}.new`, "b".repeat(900));
  renameSync(`${path}.new`, path);
}
