import { isIP } from "node:net";
import type { RawData } from "juju-charm";
import type { DebugSshHost } from "../guest/settings.ts";
import { ConditionError } from "charm-kit";

/** A remote unit of the relation `debug-ssh` shares invalid data. */
export class DebugSshError extends ConditionError {
  readonly code = "debug-ssh";
  readonly remedy = "person";
  override readonly title = "Invalid SSH debug information";
  override readonly checkedBy = "update-status";

  constructor(unit: string, field: string, accepted: string) {
    // Without the value, which is untrusted.
    super(
      `Cannot use the relation debug-ssh: ${unit} shares a ${field} that is not ${accepted}; correct it there, or remove the relation`,
    );
  }
}

const FIELDS = {
  host: { accepted: "an IP address", test: (value: string) => isIP(value) > 0 && !value.includes("%") },
  port: {
    accepted: "a number from 1 to 65535",
    test: (value: string) => /^[1-9]\d{0,4}$/.test(value) && Number(value) <= 65_535,
  },
  rsa_fingerprint: { accepted: "SHA256: and a digest", test: isFingerprint },
  ed25519_fingerprint: { accepted: "SHA256: and a digest", test: isFingerprint },
} as const;

type Field = keyof typeof FIELDS;
const NAMES = Object.keys(FIELDS) as Field[];

/**
 * Parses the data of one remote unit. Pure.
 *
 * @returns the host, or the names of the missing fields.
 * @throws {@link DebugSshError}
 */
export function parseDebugSsh(
  unit: string,
  data: RawData,
): { readonly host: DebugSshHost } | { readonly missing: readonly string[] } {
  const fields = Object.fromEntries(NAMES.map((name) => [name, data[name]?.trim() ?? ""])) as Record<
    Field,
    string
  >;
  const missing = NAMES.filter((name) => fields[name] === "");
  if (missing.length > 0) return { missing };
  for (const name of NAMES) {
    const { accepted, test } = FIELDS[name];
    if (!test(fields[name])) throw new DebugSshError(unit, name, accepted);
  }
  return {
    host: {
      host: fields.host,
      port: Number(fields.port),
      rsaFingerprint: fields.rsa_fingerprint,
      ed25519Fingerprint: fields.ed25519_fingerprint,
    },
  };
}

function isFingerprint(value: string): boolean {
  return /^SHA256:[A-Za-z0-9+/_-]{1,100}=*$/.test(value);
}
