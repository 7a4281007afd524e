import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from "node:crypto";
import { promisify } from "node:util";

/** Kind of a new private key. */
export type KeyOptions =
  | { readonly type: "rsa"; readonly bits: 2048 | 3072 | 4096 }
  | { readonly type: "ec"; readonly curve: "P-256" | "P-384" };

/** A private key with what is derived from it. */
export interface KeyPair {
  readonly pem: string;
  readonly privateKey: KeyObject;
  /** In DER, as base64: the same for equal keys. */
  readonly publicKey: string;
}

const generate = promisify(generateKeyPair);

/** Makes a key. */
export async function newKeyPair(options: KeyOptions): Promise<KeyPair> {
  const { privateKey } =
    options.type === "rsa"
      ? await generate("rsa", { modulusLength: options.bits })
      : await generate("ec", { namedCurve: options.curve });
  return keyPair(privateKey.export({ type: "pkcs8", format: "pem" }).toString().trim());
}

/** @throws Error when the text is not a private key. */
export function keyPair(pem: string): KeyPair {
  const privateKey = createPrivateKey(pem);
  const publicKey = createPublicKey(privateKey).export({ type: "spki", format: "der" }).toString("base64");
  return { pem, privateKey, publicKey };
}
