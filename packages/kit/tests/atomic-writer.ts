import { flushCompileCache } from "node:module";
import { writeFileAtomically } from "../src/index.ts";

/** Run as a process: replaces the file that its argument names by one that is alike throughout, until it is killed. */
const [, , path = ""] = process.argv;
// At its exit it would keep the compiled code for the next writer, but it is killed.
flushCompileCache();
for (let letter = 0; ; letter = (letter + 1) % 26) {
  await writeFileAtomically(path, String.fromCharCode(97 + letter).repeat(200_000), { mode: 0o600 });
  if (letter === 0) process.stdout.write("writing\n");
}
