import { OptionFault } from "./option-reader.ts";

/** Names of the long-term releases of Ubuntu that runners can have; later ones are known by their version. */
const CODENAMES: Readonly<Record<string, string>> = {
  "22.04": "jammy",
  "24.04": "noble",
  "26.04": "resolute",
};
const OLDEST = 22;
const VERSION = /^(\d{2})\.04$/;

/**
 * Reads the name of a long-term release of Ubuntu: its codename or its version.
 *
 * @returns the codename, or the version of a release whose codename is not known.
 * @throws {@link OptionFault} for anything else.
 */
export function parseUbuntuRelease(text: string): string {
  const name = text.toLowerCase();
  const codename = CODENAMES[name];
  if (codename !== undefined) return codename;
  if (Object.values(CODENAMES).includes(name)) return name;
  const year = Number(VERSION.exec(name)?.[1]);
  if (year >= OLDEST && year % 2 === 0) return name;
  throw new OptionFault("not a long-term release of Ubuntu");
}
