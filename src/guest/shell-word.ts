/** Quotes a text as one shell word. NUL characters, which a shell cannot represent, are removed. */
export function shellWord(text: string): string {
  return `'${text.replaceAll("\0", "").replaceAll("'", `'\\''`)}'`;
}
