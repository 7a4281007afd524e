import { createPrivateKey, type KeyObject } from "node:crypto";
import { globSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { keyInFile, renderPublicKey, signContent, type TrustedComment } from "./minisign.ts";

/** Public keys of the maintainers, below the root of the repository. */
export const KEYS = "release/keys";

/** Where a private key is. */
export interface SigningKeyOptions {
  /** Path of the key: PKCS #8 in PEM, as `openssl genpkey` writes it. */
  readonly path: string;
  /** Path of a file whose first line is the passphrase. @default the key has none */
  readonly passphraseFile?: string;
}

/** Reads a private key. @throws Error with what to do; it never contains the passphrase. */
export async function readSigningKey({ path, passphraseFile }: SigningKeyOptions): Promise<KeyObject> {
  const pem = await readFile(path, "utf8");
  if (pem.includes("ENCRYPTED") && passphraseFile === undefined)
    throw new Error(`Cannot read ${path}: it has a passphrase; give --passphrase-file`);
  const [passphrase] =
    passphraseFile === undefined ? [] : (await readFile(passphraseFile, "utf8")).split("\n");
  try {
    return createPrivateKey(passphrase === undefined ? pem : { key: pem, passphrase });
  } catch (cause) {
    throw new Error(`Cannot read ${path}: it is no private key in PEM, or has another passphrase`, { cause });
  }
}

/**
 * Finds the public half of a key.
 *
 * @param keys directory with the public keys of the maintainers.
 * @returns name of the public key's file.
 * @throws Error when the key is not one of the maintainers'.
 */
export async function findPublicKey(key: KeyObject, keys: string): Promise<string> {
  const own = keyInFile(renderPublicKey(key));
  for (const name of globSync("*.pub", { cwd: keys }).sort())
    if (keyInFile(await readFile(join(keys, name), "utf8")) === own) return name;
  throw new Error(
    `Cannot sign with this key: no file in ${KEYS} has the public key ${own}; add it as docs/reference/releases.md says`,
  );
}

/**
 * Signs a file with the key of a maintainer, into a file beside it with `.minisig` added.
 *
 * @param keys directory with the public keys of the maintainers.
 * @returns name of the public key's file.
 * @throws Error when the key is not one of the maintainers'; there is no signature then.
 */
export async function signFile(
  path: string,
  { key, keys }: { readonly key: KeyObject; readonly keys: string },
  comment: Omit<TrustedComment, "file">,
): Promise<string> {
  const name = await findPublicKey(key, keys);
  const trusted = { ...comment, file: basename(path) };
  await writeFile(`${path}.minisig`, signContent(await readFile(path), key, trusted));
  return name;
}
