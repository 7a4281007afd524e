import { CodedError, REDACTED, Secret } from "charm-kit";
import type { SecretContent } from "../tools/secret-tools.ts";

/** New fields of a secret. */
export type NewSecretContent = Readonly<Record<string, Secret | string>>;

/** Juju does not accept the fields. No member holds a value. */
export class SecretContentError extends CodedError {
  readonly code = "secret-content";

  constructor(problem: string, options?: ErrorOptions) {
    super(`Cannot write the secret: ${problem}`, options);
  }
}

const KEY = /^[a-z](?:-?[a-z0-9]){2,}$/;
/** Juju's limit for all fields in base64, in bytes. */
const LARGEST_CONTENT = 1_000_000;

/**
 * Validates fields for the hook tools.
 *
 * @throws {@link SecretContentError} without fields, when Juju does not accept a key or a value, or when all fields
 *   together are too large.
 */
export function secretContent(fields: NewSecretContent): SecretContent {
  const content = Object.entries(fields).map(([key, value]) => {
    if (!KEY.test(key))
      throw new SecretContentError(
        `the key "${key}" is not 3 or more lower-case letters, digits and single inner hyphens, a letter first`,
      );
    const secret = typeof value === "string" ? new Secret(value) : value;
    if (secret.reveal().includes(REDACTED))
      throw new SecretContentError(
        `the value of "${key}" holds ${REDACTED}, the text of a Secret; use reveal()`,
      );
    if (!secret.reveal().isWellFormed())
      throw new SecretContentError(
        `the value of "${key}" holds half of a surrogate pair; encode it, for example as base64`,
      );
    if (secret.reveal() === "") throw new SecretContentError(`the value of "${key}" is empty`);
    return [key, secret] as const;
  });
  if (content.length === 0) throw new SecretContentError("it has no fields");
  const bytes = content.map(([, value]) => Math.ceil(Buffer.byteLength(value.reveal()) / 3) * 4);
  const size = bytes.reduce((sum, length) => sum + length, 0);
  if (size > LARGEST_CONTENT)
    throw new SecretContentError(
      `it has ${size} bytes in base64, and Juju accepts at most ${LARGEST_CONTENT}`,
    );
  return Object.fromEntries(content);
}
