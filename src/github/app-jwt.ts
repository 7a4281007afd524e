import { createPrivateKey, sign } from "node:crypto";
import type { Secret } from "charm-kit";

/** Clocks differ; GitHub refuses what was signed in its future. */
const SKEW_SECONDS = 60;
/** GitHub takes ten minutes at most, by its own clock. */
const LIFETIME_SECONDS = 540;

/** What a GitHub App signs to say that it is itself. */
export interface AppClaims {
  /** Client ID or App ID. */
  readonly issuer: string;
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
  /** Different at each call: units that sign in the same second would else sign the same, which GitHub has refused. */
  readonly nonce: string;
}

/**
 * Signs a JSON Web Token by RS256, as GitHub's documentation on App authentication has it.
 *
 * @returns the token, and when it ends in milliseconds since the Unix epoch.
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
