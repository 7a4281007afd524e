import { OutputLimitError } from "./errors.ts";

/**
 * Reads a stream to its end.
 *
 * @param limitBytes most bytes to take.
 * @throws {@link OutputLimitError} when there is more.
 */
export async function readBytes(
  action: string,
  body: AsyncIterable<Uint8Array>,
  limitBytes: number,
): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.byteLength;
    if (length > limitBytes) throw new OutputLimitError(action, limitBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}

/** Reads a stream of UTF-8 to its end, as {@link readBytes}. */
export async function readText(
  action: string,
  body: AsyncIterable<Uint8Array>,
  limitBytes: number,
): Promise<string> {
  return (await readBytes(action, body, limitBytes)).toString();
}
