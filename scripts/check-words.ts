import { join } from "node:path";
import { ABOLISHED_WORDS } from "./words/abolished-words.ts";
import { ALLOWED_FILES } from "./words/allowed-files.ts";
import { checkWords } from "./words/check-words.ts";

/** `node scripts/check-words.ts`: fails when an abolished word comes back. */
const { faults, unneeded, files } = checkWords(join(import.meta.dirname, ".."), {
  words: ABOLISHED_WORDS,
  allowed: ALLOWED_FILES,
});
for (const fault of faults) console.error(fault);
for (const line of unneeded) console.log(`No longer needed in scripts/words/allowed-files.ts: ${line}`);
if (faults.length > 0) process.exitCode = 1;
console.log(
  `Words: ${files} files, ${faults.length} abolished words, ${Object.keys(ALLOWED_FILES).length} files still allowed some`,
);
