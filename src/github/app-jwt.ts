import { createPrivateKey, sign } from "node:crypto";
import type { Secret } from "charm-kit";

/** Clocks differ, and GitHub rejects tokens from the future. */
const SKEW_SECONDS = 60;
/** GitHub accepts ten minutes at most, by its own clock. */
const LIFETIME_SECONDS = 540;

/** Claims that a GitHub App signs to authenticate. */
export interface AppClaims {
  /** Client ID or App ID. */
  readonly issuer: string;
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
  /** Different for each call: GitHub has rejected identical tokens that several units signed in the same second. */
  readonly nonce: string;
}

/**
 * Signs a JSON Web Token with RS256 (https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app).
 *
 * @returns the token, and its expiry in milliseconds since the Unix epoch.
 */
export function appJwt(
  privateKey: Secret,
  { issuer, now, nonce }: AppClaims,
): { jwt: string; endsAt: number } {
  const seconds = Math.floor(now / 1000);
  const exp = seconds + LIFETIME_SECONDS;
  const claims = { iss: issuer, iat: seconds - SKEW_SECONDS, exp, jti: nonce };
  const unsigned = `${encode({ alg: "RS256", typ: "JWT" })}.${encode(claims)}`;
  const signature = sign("RSA-SHA256", Buffer.from(unsigned), createPrivateKey(privateKey.reveal()));
  return { jwt: `${unsigned}.${signature.toString("base64url")}`, endsAt: exp * 1000 };
}

function encode(part: unknown): string {
  return Buffer.from(JSON.stringify(part)).toString("base64url");
}
