import { ConditionError } from "charm-kit";

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

/** A setting contains characters that a file in the runner cannot represent. */
export class GuestValueError extends ConditionError {
  readonly code = "guest-value";
  readonly remedy = "person";
  readonly setting: string;

  /**
   * @param setting the option's name in messages.
   * @param accepted the accepted form.
   */
  constructor(setting: string, accepted: string) {
    super(`Cannot prepare a runner: ${setting} is not ${accepted}; correct it`);
    this.setting = setting;
  }
}

/** Quotes a text as one shell word. NUL characters, which a shell cannot represent, are removed. */
export function shellWord(text: string): string {
  return `'${text.replaceAll("\0", "").replaceAll("'", `'\\''`)}'`;
}
