import { GuestValueError } from "./guest-value-error.ts";

/** Letters that shells, pam_env, systemd and the runner application all read as themselves, without quotes. */
const PLAIN = "A-Za-z0-9_@%+=:,./[\\]*?!-";
const IS_PLAIN = new RegExp(`^[${PLAIN}]+$`);
const NOT_PLAIN = new RegExp(`[^${PLAIN}]+`, "gu");

/** Whether every reader of environment files takes the text for itself. */
export function isPlain(text: string): boolean {
  return IS_PLAIN.test(text);
}

/**
 * The text as it is.
 *
 * @param setting what holds it, as a person knows it.
 * @throws {@link GuestValueError} when it holds a letter that has a meaning in a file of the guest.
 */
export function plainText(setting: string, text: string): string {
  if (!isPlain(text)) throw new GuestValueError(setting, "plain text without spaces and quotes");
  return text;
}

/** The URL with every letter percent-encoded that has a meaning in a shell or in an environment file. */
export function plainUrl(url: string): string {
  return url.replace(NOT_PLAIN, (letters) =>
    [...Buffer.from(letters)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join(""),
  );
}
