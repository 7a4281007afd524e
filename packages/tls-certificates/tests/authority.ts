import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DataBag } from "juju-charm/testing";

/** How an {@link Authority} answers. */
export interface AnswerOptions {
  readonly isCA?: boolean;
  readonly revoked?: boolean;
  readonly days?: number;
}

/** A provider of certificates, by the openssl of the machine. */
export class Authority {
  readonly #directory = mkdtempSync(join(tmpdir(), "authority-"));

  constructor() {
    const newKey = ["-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key"];
    this.#openssl("req", "-x509", ...newKey, "-out", "ca.pem", "-days", "30", "-subj", "/CN=Test CA");
  }

  /** What openssl says of a signing request whose signature is right. */
  describe(signingRequest: string): string {
    writeFileSync(join(this.#directory, "it.csr"), `${signingRequest}\n`);
    return this.#openssl("req", "-in", "it.csr", "-verify", "-noout", "-text", "-nameopt", "RFC2253,utf8");
  }

  /** Application data of a provider that has answered these requests. */
  answer(signingRequests: readonly string[], options: AnswerOptions = {}): DataBag {
    const certificates = signingRequests.map((request) => this.#entry(request, options));
    return { certificates: JSON.stringify(certificates) };
  }

  close(): void {
    rmSync(this.#directory, { recursive: true });
  }

  #entry(request: string, { isCA = false, revoked, days = 30 }: AnswerOptions): object {
    writeFileSync(join(this.#directory, "it.csr"), `${request}\n`);
    writeFileSync(
      join(this.#directory, "it.cnf"),
      `basicConstraints=critical,CA:${String(isCA).toUpperCase()}\n`,
    );
    const by = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-copy_extensions", "copy"];
    const certificate = this.#openssl(
      ...["x509", "-req", "-in", "it.csr", ...by, "-extfile", "it.cnf", "-days", String(days)],
    );
    const ca = readFileSync(join(this.#directory, "ca.pem"), "utf8");
    return { certificate, certificate_signing_request: request, ca, chain: [certificate, ca], revoked };
  }

  #openssl(...command: readonly string[]): string {
    return execFileSync("openssl", command, { cwd: this.#directory, encoding: "utf8", stdio: "pipe" });
  }
}
