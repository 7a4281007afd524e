import { BASE_IMAGE_ALIAS, ensureBaseImage } from "./ensure-base-image.ts";

/** `node main.ts [alias]`: makes the base image be there, and says what it does and how long it took. */
const LIMIT_MS = 15 * 60_000;
const started = performance.now();
const image = await ensureBaseImage(
  {
    alias: process.argv[2] ?? BASE_IMAGE_ALIAS,
    progress: (line) => {
      console.log(`   ${line}`);
    },
  },
  AbortSignal.timeout(LIMIT_MS),
);
const seconds = ((performance.now() - started) / 1000).toFixed(1);
const what = image.done === "nothing" ? "is there" : "is ready";
console.log(`   Base image '${image.alias}' ${what} (${image.fingerprint.slice(0, 12)}, ${seconds} s)`);
