import { GuestValueError } from "./guest-value-error.ts";

/** Characters that shells, pam_env, systemd and the runner application read literally without quotes. */
const PLAIN = "A-Za-z0-9_@%+=:,./[\\]*?!-";
const IS_PLAIN = new RegExp(`^[${PLAIN}]+$`);
const NOT_PLAIN = new RegExp(`[^${PLAIN}]+`, "gu");

/** Whether every reader of environment files reads the text literally. */
export function isPlain(text: string): boolean {
  return IS_PLAIN.test(text);
}

/**
 * Returns the text unchanged.
 *
 * @param setting the option's name in messages.
 * @throws {@link GuestValueError} when the text contains a special character of a file in the guest.
 */
export function plainText(setting: string, text: string): string {
  if (!isPlain(text)) throw new GuestValueError(setting, "plain text without spaces and quotes");
  return text;
}

/** The URL with the special characters of shells and environment files percent-encoded. */
export function plainUrl(url: string): string {
  return url.replace(NOT_PLAIN, (letters) =>
    [...Buffer.from(letters)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join(""),
  );
}
