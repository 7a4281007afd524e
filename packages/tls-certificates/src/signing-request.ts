import { sign, type KeyObject } from "node:crypto";
import type { Attribute, AttributeValue, Extensions } from "@peculiar/asn1-x509";
import {
  checkedRequest,
  fingerprintOf,
  plainAddress,
  SUBJECT,
  type CertificateRequest,
} from "./certificate-request.ts";
import type { KeyPair } from "./key-pair.ts";

/** A signing request in the data of this unit or application. */
export interface SigningRequest {
  /** In PEM, without surrounding space. */
  readonly pem: string;
  readonly isCA: boolean;
  /** That of the {@link CertificateRequest}. */
  readonly fingerprint: string;
  /** In DER, as base64. */
  readonly publicKey: string;
}

const UNIQUE_ID = "2.5.4.45";
const EXTENSION_REQUEST = "1.2.840.113549.1.9.14";
const SUBJECT_ALTERNATIVE_NAME = "2.5.29.17";
const RSA_WITH_SHA256 = "1.2.840.113549.1.1.11";
const ECDSA_WITH_SHA256 = "1.2.840.10045.4.3.2";
const ECDSA_WITH_SHA384 = "1.2.840.10045.4.3.3";

/** Loaded when a request is written or read: most events need neither. */
async function load() {
  const [csr, schema, x509] = await Promise.all([
    import("@peculiar/asn1-csr"),
    import("@peculiar/asn1-schema"),
    import("@peculiar/asn1-x509"),
  ]);
  return { ...csr, ...schema, ...x509 };
}

/**
 * Makes a PKCS #10 request.
 *
 * @param uniqueID part of the subject, so that a renewal is another request than the one before.
 */
export async function newSigningRequest(
  request: CertificateRequest,
  key: KeyPair,
  uniqueID: string,
): Promise<SigningRequest> {
  const asn = await load();
  const { AsnConvert } = asn;
  const checked = checkedRequest(request);
  const part = (type: string, value: Partial<AttributeValue>) =>
    new asn.RelativeDistinguishedName([
      new asn.AttributeTypeAndValue({ type, value: new asn.AttributeValue(value) }),
    ]);
  const members = SUBJECT.flatMap(([member, type]) => {
    const value = checked[member];
    if (value === undefined || value === "") return [];
    if (member === "country") return [part(type, { printableString: value })];
    return [part(type, member === "emailAddress" ? { ia5String: value } : { utf8String: value })];
  });
  const names = [
    ...(checked.objectIDs ?? []).map((registeredID) => new asn.GeneralName({ registeredID })),
    ...(checked.ipAddresses ?? []).map((iPAddress) => new asn.GeneralName({ iPAddress })),
    ...(checked.dnsNames ?? []).map((dNSName) => new asn.GeneralName({ dNSName })),
  ];
  const extension = new asn.Extension({
    extnID: SUBJECT_ALTERNATIVE_NAME,
    extnValue: new asn.OctetString(AsnConvert.serialize(new asn.SubjectAlternativeName(names))),
  });
  const extensions = new asn.Attribute({
    type: EXTENSION_REQUEST,
    values: [AsnConvert.serialize(new asn.Extensions([extension]))],
  });
  const info = new asn.CertificationRequestInfo({
    subject: new asn.Name([...members, part(UNIQUE_ID, { utf8String: uniqueID })]),
    subjectPKInfo: AsnConvert.parse(Buffer.from(key.publicKey, "base64"), asn.SubjectPublicKeyInfo),
    attributes: new asn.Attributes(names.length > 0 ? [extensions] : []),
  });
  const { algorithm, hash } = signatureOf(key.privateKey);
  const signed = new asn.CertificationRequest({
    certificationRequestInfo: info,
    signatureAlgorithm: new asn.AlgorithmIdentifier({
      algorithm,
      ...(algorithm === RSA_WITH_SHA256 && { parameters: null }),
    }),
    signature: bytesOf(sign(hash, Buffer.from(AsnConvert.serialize(info)), key.privateKey)),
  });
  return {
    pem: pemOf(AsnConvert.serialize(signed)),
    isCA: checked.isCA ?? false,
    fingerprint: fingerprintOf(checked),
    publicKey: key.publicKey,
  };
}

/**
 * Reads a PKCS #10 request, without checking its signature.
 *
 * @returns undefined when it is none.
 */
export async function readSigningRequest(pem: string, isCA: boolean): Promise<SigningRequest | undefined> {
  const asn = await load();
  try {
    const der = Buffer.from(pem.replaceAll(/-----[A-Z ]+-----|\s/g, ""), "base64");
    const { certificationRequestInfo: info } = asn.AsnConvert.parse(der, asn.CertificationRequest);
    const values = new Map(info.subject.flat().map(({ type, value }) => [type, value.toString()] as const));
    const subject = Object.fromEntries(SUBJECT.map(([member, type]) => [member, values.get(type)] as const));
    const requested = [...attributesOf(info)]
      .filter(({ type }) => type === EXTENSION_REQUEST)
      .flatMap(({ values }) =>
        values.flatMap((value): Extensions => asn.AsnConvert.parse(value, asn.Extensions)),
      );
    const names = requested
      .filter(({ extnID }) => extnID === SUBJECT_ALTERNATIVE_NAME)
      .flatMap(({ extnValue }) => [...asn.AsnConvert.parse(extnValue.buffer, asn.SubjectAlternativeName)]);
    const request = checkedRequest({
      ...subject,
      dnsNames: names.flatMap(({ dNSName }) => dNSName ?? []),
      ipAddresses: names.flatMap(({ iPAddress }) => (iPAddress === undefined ? [] : plainAddress(iPAddress))),
      objectIDs: names.flatMap(({ registeredID }) => registeredID ?? []),
      isCA,
    });
    const publicKey = Buffer.from(asn.AsnConvert.serialize(info.subjectPKInfo)).toString("base64");
    return { pem: pem.trim(), isCA, fingerprint: fingerprintOf(request), publicKey };
  } catch {
    // Somebody else's text, or one that this package could not have written.
    return undefined;
  }
}

/** Absent in some requests, against the library's type. */
function attributesOf({ attributes }: { readonly attributes?: Iterable<Attribute> }): Iterable<Attribute> {
  return attributes ?? [];
}

function signatureOf(key: KeyObject): { readonly algorithm: string; readonly hash: "sha256" | "sha384" } {
  if (key.asymmetricKeyType === "rsa") return { algorithm: RSA_WITH_SHA256, hash: "sha256" };
  if (key.asymmetricKeyDetails?.namedCurve === "secp384r1")
    return { algorithm: ECDSA_WITH_SHA384, hash: "sha384" };
  return { algorithm: ECDSA_WITH_SHA256, hash: "sha256" };
}

function pemOf(der: ArrayBuffer): string {
  const lines =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return ["-----BEGIN CERTIFICATE REQUEST-----", ...lines, "-----END CERTIFICATE REQUEST-----"].join("\n");
}

function bytesOf(buffer: Buffer): ArrayBuffer {
  return Uint8Array.from(buffer).buffer;
}
