import { createHash } from "node:crypto";
import { SecretNotFoundError, type Charm, type JujuSecret, type SecretContent } from "juju-charm";
import { keyPair, type KeyPair } from "./key-pair.ts";
import type { SigningRequest } from "./signing-request.ts";

/** Begins the labels of the Python library's secrets, so that a charm which is ported from it keeps its key. */
const PREFIX = "afd8c2bccf834997afce12c2706d2ede";

/** Whose data and secrets an endpoint uses. */
export type Scope = "unit" | "app";

/** Options of {@link OwnSecrets}. */
export interface OwnSecretsOptions {
  readonly endpoint: string;
  readonly scope: Scope;
}

/** Record of the certificate that the charm was told of. */
export interface CertificateRecord {
  readonly certificate: string;
  /** When the certificate is to be renewed. */
  readonly renews: Date | undefined;
}

/** The secrets of an endpoint: the private key, and for each certificate a record that expires when it is to be renewed. */
export class OwnSecrets {
  readonly #charm: Charm;
  readonly #key: string;
  readonly #certificate: string;
  readonly #scope: Scope;

  constructor(charm: Charm, { endpoint, scope }: OwnSecretsOptions) {
    const number = charm.unit.name.split("/")[1] ?? "";
    this.#charm = charm;
    this.#scope = scope;
    this.#key = `${PREFIX}-private-key-${scope === "app" ? "app" : number}-${endpoint}`;
    this.#certificate = `${PREFIX}-certificate-${scope === "app" ? "" : `${number}-`}${endpoint}-`;
  }

  /** Whether the label is that of a certificate's record. */
  isRecord(label: string | undefined): boolean {
    return label?.startsWith(this.#certificate) ?? false;
  }

  /** Whether the label is one of this endpoint's. */
  owns(label: string | undefined): boolean {
    return label === this.#key || this.isRecord(label);
  }

  async key(): Promise<KeyPair | undefined> {
    const content = await ifThere(this.#charm.model.secret({ label: this.#key }).refresh());
    const pem = content?.["private-key"]?.reveal();
    return pem === undefined ? undefined : keyPair(pem);
  }

  async setKey({ pem }: KeyPair): Promise<void> {
    const content = { "private-key": pem };
    const secret = this.#charm.model.secret({ label: this.#key });
    if (await ifThere(secret.info())) await secret.setContent(content);
    else await this.#owner.addSecret(content, { label: this.#key });
  }

  async record(request: SigningRequest): Promise<CertificateRecord | undefined> {
    const secret = this.#charm.model.secret({ label: this.#labelOf(request) });
    const content = await ifThere(secret.peek());
    const certificate = content?.["certificate"]?.reveal();
    if (certificate === undefined) return undefined;
    return { certificate, renews: (await secret.info()).expires };
  }

  /** The signing request that the record of an expired secret is of. */
  async requestOf(secret: JujuSecret): Promise<string | undefined> {
    const content: SecretContent | undefined = await ifThere(secret.peek());
    return content?.["csr"]?.reveal();
  }

  async setRecord(request: SigningRequest, certificate: string, expire: Date): Promise<void> {
    const label = this.#labelOf(request);
    const content = { certificate, csr: request.pem };
    const secret = this.#charm.model.secret({ label });
    if (await ifThere(secret.info())) await secret.setContent(content, { expire });
    else await this.#owner.addSecret(content, { label, expire });
  }

  async removeRecord(request: SigningRequest): Promise<void> {
    const secret = this.#charm.model.secret({ label: this.#labelOf(request) });
    if (await ifThere(secret.info())) await secret.removeAll();
  }

  /** Removes the key and the records. */
  async removeAll(): Promise<void> {
    for (const secret of await this.#charm.model.ownSecrets()) {
      const info = await ifThere(secret.info());
      if (this.owns(info?.label)) await secret.removeAll();
    }
  }

  get #owner(): Pick<Charm["unit"], "addSecret"> {
    return this.#scope === "app" ? this.#charm.app : this.#charm.unit;
  }

  #labelOf({ pem }: SigningRequest): string {
    return `${this.#certificate}${createHash("sha256").update(pem).digest("hex")}`;
  }
}

async function ifThere<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (thrown) {
    if (thrown instanceof SecretNotFoundError) return undefined;
    throw thrown;
  }
}
