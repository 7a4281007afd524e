import { OptionFault } from "./option-reader.ts";

/** Juju stores the option with each change, and the image contains it. */
const LONGEST = 64 * 1024;
const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----[^-]*-----END \1-----/g;

/**
 * Parses certificates in PEM format. Text around the blocks is dropped.
 *
 * @returns the certificates, one after the other; undefined for "".
 * @throws {@link OptionFault} for anything else. The message contains nothing of the text, which may be a private key.
 */
export function parseCertificates(text: string): string | undefined {
  if (text === "") return undefined;
  if (text.length > LONGEST) throw new OptionFault("longer than 64 KiB");
  const blocks = [...text.replaceAll("\r\n", "\n").matchAll(BLOCK)];
  if (blocks.some(([, label = ""]) => label.includes("PRIVATE KEY")))
    throw new OptionFault("contains a private key, which must not be in an option");
  if (blocks.length === 0) throw new OptionFault("no certificate in PEM format");
  blocks.forEach(([block, label], index) => {
    if (label !== "CERTIFICATE" || !isCertificate(block))
      throw new OptionFault(`certificate ${index + 1} of ${blocks.length} cannot be read`);
  });
  return blocks.map(([block]) => `${block}\n`).join("");
}

function isCertificate(pem: string): boolean {
  try {
    // Loaded only here: an import would take 5 ms of every event.
    const { X509Certificate } = process.getBuiltinModule("node:crypto");
    return new X509Certificate(pem).fingerprint256 !== "";
  } catch {
    return false;
  }
}
