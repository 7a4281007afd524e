import { isIP, SocketAddress } from "node:net";
import { CodedError } from "charm-kit";

/** What a certificate is to say. Two requests with the same fields are the same request. */
export interface CertificateRequest {
  /** At most 64 characters. A request needs this name or one of the alternative names. */
  readonly commonName?: string;
  /** Names of hosts, such as `web.example.com` or `*.example.com`. */
  readonly dnsNames?: readonly string[];
  /** IPv4 and IPv6 addresses. */
  readonly ipAddresses?: readonly string[];
  /** Object identifiers, such as `1.2.3.4`. */
  readonly objectIDs?: readonly string[];
  readonly organization?: string;
  readonly organizationalUnit?: string;
  readonly emailAddress?: string;
  /** Two letters, such as `DE`. */
  readonly country?: string;
  readonly state?: string;
  readonly locality?: string;
  /** Whether the certificate is to sign other ones. @default false */
  readonly isCA?: boolean;
}

/** A certificate request that no certificate can be made for. */
export class CertificateRequestError extends CodedError {
  readonly code = "certificate-request";

  constructor(problem: string, options?: ErrorOptions) {
    super(`Cannot request a certificate: ${problem}`, options);
  }
}

/** Members of a subject, by their object identifiers, in the order of a signing request. */
export const SUBJECT = [
  ["commonName", "2.5.4.3"],
  ["organization", "2.5.4.10"],
  ["organizationalUnit", "2.5.4.11"],
  ["emailAddress", "1.2.840.113549.1.9.1"],
  ["country", "2.5.4.6"],
  ["state", "2.5.4.8"],
  ["locality", "2.5.4.7"],
] as const;

const DNS_NAME =
  /^(?:\*\.)?[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?(?:\.[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?)*$/;
const OBJECT_ID = /^[012](?:\.(?:0|[1-9]\d*))+$/;
const LONGEST_COMMON_NAME = 64;

/**
 * Checks a request, and sorts its names.
 *
 * @throws {@link CertificateRequestError} naming the field.
 */
export function checkedRequest(request: CertificateRequest): CertificateRequest {
  const { commonName = "", country, emailAddress = "" } = request;
  const dnsNames = sorted(request.dnsNames);
  const objectIDs = sorted(request.objectIDs);
  const ipAddresses = sorted((request.ipAddresses ?? []).map(plainAddress));
  refuse(
    commonName === "" && dnsNames.length + ipAddresses.length + objectIDs.length === 0,
    "it has no name; give a common name or alternative names",
  );
  refuse(commonName.length > LONGEST_COMMON_NAME, `the common name is longer than ${LONGEST_COMMON_NAME}`);
  refuse(country !== undefined && !/^[A-Z]{2}$/.test(country), "the country is not two capital letters");
  // eslint-disable-next-line no-control-regex -- the type of an e-mail address in a subject is ASCII text
  refuse(!/^[\x00-\x7f]*$/.test(emailAddress), "the e-mail address is not ASCII");
  const badName = dnsNames.find((name) => !DNS_NAME.test(name));
  refuse(badName !== undefined, `"${String(badName)}" is not a DNS name; write others in their ASCII form`);
  const badID = objectIDs.find((id) => !OBJECT_ID.test(id));
  refuse(badID !== undefined, `"${String(badID)}" is not an object identifier`);
  return { ...request, dnsNames, ipAddresses, objectIDs, isCA: request.isCA ?? false };
}

/** A text that is the same for the same requests. */
export function fingerprintOf(request: CertificateRequest): string {
  const { dnsNames, ipAddresses, objectIDs, isCA } = request;
  const subject = SUBJECT.map(([member]) => request[member] ?? "");
  return JSON.stringify([subject, dnsNames ?? [], ipAddresses ?? [], objectIDs ?? [], isCA ?? false]);
}

/** An address in its usual form. */
export function plainAddress(address: string): string {
  const family = isIP(address);
  refuse(family === 0, `"${address}" is not an IP address`);
  return family === 4 ? address : new SocketAddress({ address, family: "ipv6" }).address;
}

function sorted(values: readonly string[] = []): readonly string[] {
  return [...new Set(values)].sort();
}

function refuse(when: boolean, problem: string): void {
  if (when) throw new CertificateRequestError(problem);
}
