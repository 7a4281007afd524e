const HEAD = 1400;
const TAIL = 600;

/**
 * Shortens text to about 2 000 characters and keeps its beginning and end: LXD answers a full pool with hundreds of
 * lines, of which the first says what failed and the last says why.
 */
export function truncate(text: string): string {
  const left = text.length - HEAD - TAIL;
  if (left <= 0) return text;
  return `${text.slice(0, HEAD)} [${left} characters left out] ${text.slice(-TAIL)}`;
}
