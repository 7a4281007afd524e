/** A shell's word that stands for exactly this text. A shell has no NUL; it is left out. */
export function shellWord(text: string): string {
  return `'${text.replaceAll("\0", "").replaceAll("'", `'\\''`)}'`;
}
