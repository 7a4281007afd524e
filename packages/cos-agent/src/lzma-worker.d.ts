/** The part of the package "lzma" that can be bundled: its entry finds it by a path. Its types are of the entry alone. */
declare module "lzma/src/lzma_worker.js" {
  const worker: {
    readonly LZMA: {
      /** @returns bytes, some of them as negative numbers, in the format of `xz --format=lzma`. */
      compress(data: Uint8Array, mode: 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9): readonly number[];
      /** @returns text, or bytes when they are not valid UTF-8. */
      decompress(data: Uint8Array): string | readonly number[];
    };
  };
  // eslint-disable-next-line no-restricted-syntax -- it is a CommonJS module
  export default worker;
}
