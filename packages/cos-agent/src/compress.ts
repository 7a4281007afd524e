import worker from "lzma/src/lzma_worker.js";

/** Packs a text as `xz --format=lzma` does. @returns base64 */
export function compress(text: string): string {
  return Buffer.from(worker.LZMA.compress(Buffer.from(text), 3)).toString("base64");
}
