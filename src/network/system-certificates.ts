import { getCACertificates, setDefaultCACertificates } from "node:tls";

/** Codes of Node.js for a server certificate whose issuer is not trusted. */
const UNTRUSTED: ReadonlySet<unknown> = new Set([
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
]);

/** Node.js's own authorities; read before the first change. */
let builtIn: readonly string[] | undefined;
let own: readonly string[] = [];
let isStoreTrusted = false;

/**
 * Trusts further certificates for all later connections of this process, instead of those of an earlier call.
 *
 * @param pem valid certificates in PEM format; undefined for none.
 */
export function trustCertificates(pem: string | undefined): void {
  const wanted = pem?.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  if (wanted.join() === own.join()) return;
  own = wanted;
  apply();
}

function apply(): void {
  builtIn ??= getCACertificates("default");
  const store = isStoreTrusted ? getCACertificates("system") : [];
  setDefaultCACertificates([...builtIn, ...store, ...own]);
}

/**
 * Runs a request, and once more with the machine's certificate store if no certificate authority of Node.js has issued the
 * server's certificate: a company's own authority is in the machine's store. The store is loaded only then, since that
 * takes as long as a request.
 *
 * @param request repeatable in this case: a server whose certificate is not trusted has received nothing.
 */
export async function withSystemCertificates<T>(request: () => Promise<T>): Promise<T> {
  try {
    return await request();
  } catch (thrown) {
    if (isStoreTrusted || !isUntrusted(thrown)) throw thrown;
    isStoreTrusted = true;
    apply();
    return await request();
  }
}

function isUntrusted(thrown: unknown): boolean {
  for (let link = thrown; link instanceof Error; link = link.cause) {
    if ("code" in link && UNTRUSTED.has(link.code)) return true;
  }
  return false;
}
