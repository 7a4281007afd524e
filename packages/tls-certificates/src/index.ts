export { CertificateRequestError, type CertificateRequest } from "./certificate-request.ts";
export type { KeyOptions } from "./key-pair.ts";
export type { Scope } from "./own-secrets.ts";
export type { Denial, ProvidedCertificate } from "./provider-data.ts";
export {
  TLSCertificates,
  type CertificateEvents,
  type CertificateRequests,
  type TLSCertificatesOptions,
} from "./tls-certificates.ts";
