/**
 * Replaces a stored state in an endless loop, as a process that the test kills.
 *
 * Arguments: the path of the state file. Writes a line to standard output after the first commit.
 */
import { writeSync } from "node:fs";
import { flushCompileCache } from "node:module";
import { FileStateBackend } from "../src/state/file-state-backend.ts";
import { StoredState } from "../src/state/stored-state.ts";
import { generations } from "./state-generation.ts";

const [, , path] = process.argv;
if (path === undefined) throw new Error("no path given");
// At its exit it would keep the compiled code for the next writer, but it is killed.
flushCompileCache();
const state = new StoredState(new FileStateBackend(path));
const first = (await state.read(generations)).number;
for (let number = first + 1; ; number += 1) {
  await state.write(generations, { number, filler: String(number).repeat(20_000) });
  await state.commit();
  if (number === first + 1) writeSync(1, "ready\n");
}
