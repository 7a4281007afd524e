import { OptionFault } from "./option-reader.ts";

const UNITS = "KMGTPE";
/** LXD counts bytes in 64 bits with a sign. */
const TOO_LARGE = 2n ** 63n;

/** Checks that LXD can count a size; its form is known to be right. */
export function parseSize(text: string): string {
  const [, digits = "0", unit = "K"] = /^(\d+)([KMGTPE])iB$/.exec(text) ?? [];
  const bytes = BigInt(digits) * 1024n ** BigInt(UNITS.indexOf(unit) + 1);
  if (bytes >= TOO_LARGE) throw new OptionFault("larger than LXD can count");
  return text;
}
