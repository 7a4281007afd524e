import { createHash, createPublicKey, sign, type KeyObject } from "node:crypto";

/** What a signature says beside the file: whoever changes a word of it breaks the signature. */
export interface TrustedComment {
  /** Name of the signed file. */
  readonly file: string;
  /** Seconds since the Unix epoch. */
  readonly timestamp: number;
  /** What the file belongs to, such as `github-runner 0.2.0`. */
  readonly release: string;
}

/** Marks of a public key, and of a signature of a file's BLAKE2b-512 digest. */
const [KEY_MARK, SIGNATURE_MARK] = ["Ed", "ED"];
const KEY_ID_BYTES = 8;

/**
 * Renders the public key of an Ed25519 key in the format of minisign, as `minisign -p` reads it.
 *
 * @param key private or public.
 * @throws Error for a key of another kind.
 */
export function renderPublicKey(key: KeyObject): string {
  const content = Buffer.concat([Buffer.from(KEY_MARK), keyIdOf(key), publicBytesOf(key)]);
  return `untrusted comment: minisign public key ${shownKeyId(key)}\n${content.toString("base64")}\n`;
}

/**
 * Signs a file in the format of minisign: the same file, key and comment always have the same signature.
 *
 * @see https://jedisct1.github.io/minisign/#signature-format
 * @param key private Ed25519 key.
 * @returns the text of the file with `.minisig` added to its name.
 * @throws Error for a key of another kind.
 */
export function signContent(content: Uint8Array, key: KeyObject, trusted: TrustedComment): string {
  const { file, timestamp, release } = trusted;
  const signature = sign(null, createHash("blake2b512").update(content).digest(), key);
  const comment = `timestamp:${timestamp}\tfile:${file}\thashed\trelease:${release}`;
  const whole = sign(null, Buffer.concat([signature, Buffer.from(comment)]), key);
  const first = Buffer.concat([Buffer.from(SIGNATURE_MARK), keyIdOf(key), signature]);
  return `untrusted comment: signature from key ${shownKeyId(key)}
${first.toString("base64")}
trusted comment: ${comment}
${whole.toString("base64")}
`;
}

/** What of a public key's file counts: its second line. */
export function keyInFile(text: string): string {
  return text.split("\n")[1]?.trim() ?? "";
}

/** Keys of minisign have a random ID. This one needs no place to be kept: it is derived from the key. */
function keyIdOf(key: KeyObject): Buffer {
  return createHash("sha256").update(publicBytesOf(key)).digest().subarray(0, KEY_ID_BYTES);
}

/** Minisign shows the ID as a number whose lowest byte is the first. */
function shownKeyId(key: KeyObject): string {
  return keyIdOf(key).readBigUInt64LE().toString(16).toUpperCase().padStart(16, "0");
}

function publicBytesOf(key: KeyObject): Buffer {
  if (key.asymmetricKeyType !== "ed25519")
    throw new Error(
      `Cannot sign with a key of the kind ${key.asymmetricKeyType ?? "unknown"}: it must be Ed25519`,
    );
  const { x = "" } = (key.type === "private" ? createPublicKey(key) : key).export({ format: "jwk" });
  return Buffer.from(x, "base64url");
}
