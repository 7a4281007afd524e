import { join } from "node:path";
import { ABOLISHED_WORDS } from "./words/abolished-words.ts";
import { checkWords } from "./words/check-words.ts";

/** `node scripts/check-words.ts`: fails when an abolished word comes back. */
const { faults, files } = checkWords(join(import.meta.dirname, ".."), ABOLISHED_WORDS);
for (const fault of faults) console.error(fault);
if (faults.length > 0) process.exitCode = 1;
console.log(`Words: ${files} files, ${faults.length} abolished words`);
