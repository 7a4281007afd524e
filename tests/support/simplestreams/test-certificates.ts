import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

/** What a TLS server shows and signs with; PEM. */
export interface ServerIdentity {
  readonly key: string;
  readonly cert: string;
}

export interface TestCertificates {
  /** File with the certificate of the authority that signed {@link TestCertificates.trusted}. */
  readonly authorityFile: string;
  readonly trusted: ServerIdentity;
  /** For the same name, signed by nobody else than itself. */
  readonly untrusted: ServerIdentity;
}

const NAMES = "subjectAltName=DNS:localhost,IP:127.0.0.1";
const NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

/** Makes certificates for `localhost` in a directory; they are good for two days. */
export async function makeCertificates(directory: string, signal: AbortSignal): Promise<TestCertificates> {
  const openssl = async (...args: readonly string[]) => {
    await promisify(execFile)("openssl", [...args], { cwd: directory, signal });
  };
  const selfSigned = (name: string, subject: string, ...more: readonly string[]) =>
    openssl(
      "req",
      "-x509",
      ...NEW_KEY,
      "-days",
      "2",
      "-keyout",
      `${name}.key`,
      "-out",
      `${name}.pem`,
      "-subj",
      subject,
      ...more,
    );
  await selfSigned("authority", "/CN=Authority of a test");
  await selfSigned("untrusted", "/CN=localhost", "-addext", NAMES);
  await openssl("req", ...NEW_KEY, "-keyout", "trusted.key", "-out", "trusted.csr", "-subj", "/CN=localhost");
  await writeFile(join(directory, "names"), NAMES);
  const signing = ["-CA", "authority.pem", "-CAkey", "authority.key", "-CAcreateserial"];
  await openssl(
    "x509",
    "-req",
    "-in",
    "trusted.csr",
    ...signing,
    "-days",
    "2",
    "-extfile",
    "names",
    "-out",
    "trusted.pem",
  );
  const read = async (name: string): Promise<ServerIdentity> => ({
    key: await readFile(join(directory, `${name}.key`), "utf8"),
    cert: await readFile(join(directory, `${name}.pem`), "utf8"),
  });
  return {
    authorityFile: join(directory, "authority.pem"),
    trusted: await read("trusted"),
    untrusted: await read("untrusted"),
  };
}
