/** Bounds of a quotation. */
export interface QuotationOptions {
  /** Most lines, of the end. */
  readonly lines: number;
  /** Most characters, of the end. */
  readonly characters: number;
}

/** Colours and movements of a terminal. */
// eslint-disable-next-line no-control-regex -- they begin with a control character
const ESCAPE_SEQUENCE = /\x1b(?:\[[0-9;?]*[A-Za-z]|[()][A-Z0-9])/g;

/**
 * The last lines of an untrusted text in one, for a message: printable ASCII only, with ` | ` between the lines. Anything
 * else becomes a question mark.
 */
export function lastLines(text: string, { lines, characters }: QuotationOptions): string {
  const plain = text
    .replaceAll(ESCAPE_SEQUENCE, "")
    .replaceAll("\r", "")
    .replaceAll("\t", " ")
    .replaceAll(/[^\x20-\x7e\n]/g, "?")
    .split("\n")
    .map((line) => line.replaceAll(/ +/g, " ").trim())
    .filter((line) => line !== "");
  return plain.slice(-lines).join(" | ").slice(-characters);
}
