/**
 * Splits a text into parts of at most `limit` bytes of UTF-8, without splitting a character.
 *
 * @param limit at least 4, the bytes of the longest character.
 */
export function splitMessage(text: string, limit: number): string[] {
  const bytes = Buffer.from(text);
  const parts: string[] = [];
  for (let start = 0; start < bytes.length;) {
    let end = Math.min(start + limit, bytes.length);
    while (end < bytes.length && isContinuation(bytes[end])) end -= 1;
    parts.push(bytes.toString("utf8", start, end));
    start = end;
  }
  return parts;
}

/** Bytes 10xxxxxx are UTF-8 continuation bytes. */
function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}
