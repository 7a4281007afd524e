import { fieldsOf } from "./shapes.ts";

/** How long before its end a token counts as over, in milliseconds. */
const EARLY_MS = 60_000;

/** The end of a JSON Web Token, in milliseconds since the Unix epoch; undefined for other tokens. Not a check of it. */
export function expiryOf(token: string): number | undefined {
  try {
    const payload = Buffer.from(token.split(".")[1] ?? "", "base64url").toString();
    const seconds = fieldsOf(JSON.parse(payload))?.number("exp");
    return seconds === undefined ? undefined : seconds * 1000;
  } catch {
    return undefined;
  }
}

/** Whether a token is about to end, or has ended. */
export function isEnding(expiresAt: number | undefined, now: number): boolean {
  return expiresAt !== undefined && now >= expiresAt - EARLY_MS;
}
