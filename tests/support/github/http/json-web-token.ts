import { randomBytes } from "node:crypto";

/** A token in the form of a JSON Web Token. Nobody checks its signature: the stand-in knows its tokens. */
export function jsonWebToken(claims: Readonly<Record<string, unknown>>): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return [
    part({ typ: "JWT", alg: "RS256" }),
    part({ ...claims, jti: randomBytes(6).toString("hex") }),
    randomBytes(32).toString("base64url"),
  ].join(".");
}
