import { X509Certificate } from "node:crypto";
import { isRecord } from "charm-kit";
import type { RawData } from "juju-charm";
import type { KeyPair } from "./key-pair.ts";
import type { SigningRequest } from "./signing-request.ts";

/** A certificate of the provider. */
export interface ProvidedCertificate {
  /** In PEM. */
  readonly certificate: string;
  /** Certificate of the authority, in PEM. */
  readonly ca: string;
  /** From the certificate to the root, each in PEM, as the provider gives them. */
  readonly chain: readonly string[];
  /** The request that it answers, in PEM. */
  readonly signingRequest: string;
  readonly expires: Date;
}

/** Why a provider gives no certificate. Texts are those of the provider. */
export interface Denial {
  /** 101 to 103: the address, domain or wildcard is not allowed; 201: the server is not available; 999: other. */
  readonly code: number;
  readonly name: string;
  readonly message: string;
  readonly reason: string;
  /** In PEM. */
  readonly signingRequest: string;
}

/** An answer of the provider before it is compared with a request. */
export interface Answer extends ProvidedCertificate {
  readonly isRevoked: boolean;
  readonly x509: X509Certificate;
}

/** What a provider says. */
export interface ProviderData {
  readonly answers: readonly Answer[];
  readonly denials: readonly Denial[];
  /** What could not be read, for the log. */
  readonly problems: readonly string[];
}

/** Reads the data of the provider's application, entry by entry: one that cannot be read does not hide the others. */
export function readProviderData(data: RawData): ProviderData {
  const problems: string[] = [];
  const list = <T>(key: string, read: (entry: unknown) => T | undefined): readonly T[] => {
    const entries = parsed(data[key] ?? "[]");
    if (!Array.isArray(entries)) {
      problems.push(`${key} is not a list`);
      return [];
    }
    return entries.flatMap((entry: unknown, index) => {
      const found = read(entry);
      if (found === undefined) problems.push(`entry ${index} of ${key} cannot be read`);
      return found ?? [];
    });
  };
  return { answers: list("certificates", readAnswer), denials: list("request_errors", readDenial), problems };
}

/** Whether an answer is the certificate that was requested, for the key. */
export function answers({ x509, signingRequest }: Answer, request: SigningRequest, key: KeyPair): boolean {
  return signingRequest === request.pem && x509.ca === request.isCA && x509.checkPrivateKey(key.privateKey);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function readAnswer(entry: unknown): Answer | undefined {
  if (!isRecord(entry)) return undefined;
  const { certificate, ca, chain, certificate_signing_request: request, revoked } = entry;
  if (typeof certificate !== "string" || typeof ca !== "string" || typeof request !== "string")
    return undefined;
  try {
    const x509 = new X509Certificate(certificate);
    return {
      certificate: certificate.trim(),
      ca: ca.trim(),
      chain: Array.isArray(chain) ? chain.map(String) : [],
      signingRequest: request.trim(),
      expires: new Date(x509.validTo),
      isRevoked: revoked === true,
      x509,
    };
  } catch {
    return undefined;
  }
}

function readDenial(entry: unknown): Denial | undefined {
  if (!isRecord(entry) || !isRecord(entry["error"]) || typeof entry["csr"] !== "string") return undefined;
  const { code, name, message, reason } = entry["error"];
  if (typeof code !== "number") return undefined;
  const text = (value: unknown) => (typeof value === "string" ? value : "");
  return {
    code,
    name: text(name),
    message: text(message),
    reason: text(reason),
    signingRequest: entry["csr"].trim(),
  };
}
