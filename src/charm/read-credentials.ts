import { createPrivateKey } from "node:crypto";
import {
  HookToolError,
  PermissionDeniedError,
  SecretNotFoundError,
  UnknownToolError,
  type JujuSecret,
  type SecretContent,
} from "juju-charm";
import type { Credentials } from "../github/credentials.ts";
import { Secret } from "charm-kit";
import { ConfigurationError } from "./configuration-faults.ts";
import type { OptionName } from "./configuration-schema.ts";
import type { CredentialSource } from "./options/credential-source.ts";

/** Reads the model's secrets. */
export interface SecretsOfModel {
  secret(id: string): Pick<JujuSecret, "refresh">;
}

const TOKEN_FIELD = "github-token";
const KEY_FIELD = "private-key";
/** Shorter lines reveal nothing of a key. */
const SHORTEST_KEY_LINE = 16;

/**
 * Reads the credentials from their source. Reads the newest revision of a secret and tracks it; Juju announces the next
 * one with `secret-changed`.
 *
 * @param learn called with every secret value before it is used, so that it can be redacted.
 * @throws {@link ConfigurationError} when a secret cannot be read or its content is invalid.
 */
export async function readCredentials(
  source: CredentialSource,
  secrets: SecretsOfModel,
  learn: (value: string) => void,
): Promise<Credentials> {
  if (source.by === "token") return source;
  const read = async (option: OptionName, id: string, field: string): Promise<string> => {
    const content = await readSecret(option, id, secrets);
    for (const secret of Object.values(content)) learnAll(secret.reveal(), learn);
    const value = content[field]?.reveal().trim() ?? "";
    if (value !== "") return value;
    throw refusal(option, `the secret has no field ${field}`, `set it with juju update-secret`);
  };
  if (source.by === "token-secret") {
    const token = await read("token-secret-id", source.secretId, TOKEN_FIELD);
    return { by: "token", token: checkToken(token) };
  }
  const { by, clientId, installationId, keySecretId } = source;
  const key = checkKey(await read("github-app-private-key-secret-id", keySecretId, KEY_FIELD));
  learnAll(key, learn);
  return { by, clientId, installationId, privateKey: new Secret(key) };
}

async function readSecret(option: OptionName, id: string, secrets: SecretsOfModel): Promise<SecretContent> {
  try {
    return await secrets.secret(id).refresh();
  } catch (thrown) {
    if (thrown instanceof SecretNotFoundError) {
      throw refusal(option, "there is no such secret", "use the ID that juju secrets shows");
    }
    if (thrown instanceof PermissionDeniedError) {
      throw refusal(
        option,
        "the secret is not granted to the application",
        "grant it with juju grant-secret",
      );
    }
    if (thrown instanceof UnknownToolError) {
      throw refusal(
        option,
        "this Juju has no secrets",
        "use Juju 3.3 or later, or another way to authenticate",
      );
    }
    if (thrown instanceof HookToolError) {
      // Juju's wording changes. Whatever it is, the unit can do nothing without the secret.
      const text = (thrown.stderr || thrown.message).replaceAll(/\s+/g, " ").trim().slice(0, LONGEST_TEXT);
      throw refusal(
        option,
        `Juju does not give the secret: ${text}`,
        "check that it exists and is granted to the application",
      );
    }
    throw thrown;
  }
}

const LONGEST_TEXT = 300;

/** Redacts a value with and without surrounding line breaks, and each line of a key. */
function learnAll(value: string, learn: (value: string) => void): void {
  const lines = value.split(/\\n|\s+/).filter((line) => line.length >= SHORTEST_KEY_LINE);
  for (const part of [value, value.trim(), ...lines]) learn(part);
}

function checkToken(token: string): Secret {
  if (/^[!-~]+$/.test(token)) return new Secret(token);
  throw refusal(
    "token-secret-id",
    `the field ${TOKEN_FIELD} holds a blank or a character that no token has`,
    "set it with juju update-secret to a personal access token",
  );
}

/** Normalises the key to PKCS #8, the form that every consumer accepts. */
function checkKey(text: string): string {
  try {
    const key = createPrivateKey(text.replaceAll("\\n", "\n"));
    if (key.asymmetricKeyType === "rsa") return key.export({ type: "pkcs8", format: "pem" }).toString();
  } catch {
    // The error's message may quote the key.
  }
  throw refusal(
    "github-app-private-key-secret-id",
    `the field ${KEY_FIELD} is not an RSA private key in PEM format`,
    "set it with juju update-secret to the file that GitHub made for the App",
  );
}

function refusal(option: OptionName, fault: string, advice: string): ConfigurationError {
  return new ConfigurationError([{ option, text: `${fault}; ${advice}` }]);
}
