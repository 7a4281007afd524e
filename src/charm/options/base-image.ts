import { OptionFault } from "./option-reader.ts";

/** Codenames of supported Ubuntu LTS releases. Later releases are named by their version. */
const CODENAMES: Readonly<Record<string, string>> = {
  "22.04": "jammy",
  "24.04": "noble",
  "26.04": "resolute",
};
const OLDEST = 22;
const VERSION = /^(\d{2})\.04$/;

/**
 * Parses the codename or version of an Ubuntu LTS release.
 *
 * @returns the codename, or the version of a release with an unknown codename.
 * @throws {@link OptionFault} for any other text.
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
