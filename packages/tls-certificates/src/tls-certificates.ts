import { randomUUID } from "node:crypto";
import { isRecord, systemClock, type Clock } from "charm-kit";
import {
  defineEvent,
  Secret,
  type BoundEvent,
  type Charm,
  type CharmTypes,
  type EndpointOf,
  type OwnDataBag,
  type OwnEventSource,
  type Relation,
  type RelationEvent,
  type SecretEvent,
  type UntypedCharm,
} from "juju-charm";
import { checkedRequest, fingerprintOf, type CertificateRequest } from "./certificate-request.ts";
import { newKeyPair, type KeyOptions, type KeyPair } from "./key-pair.ts";
import { OwnSecrets, type Scope } from "./own-secrets.ts";
import { planRequests, type Pending } from "./plan-requests.ts";
import {
  answers,
  readProviderData,
  type Answer,
  type Denial,
  type ProvidedCertificate,
} from "./provider-data.ts";
import { newSigningRequest, readSigningRequest, type SigningRequest } from "./signing-request.ts";

/** The wanted certificates, or what reads them, from the configuration for instance. */
export type CertificateRequests =
  readonly CertificateRequest[] | (() => Promise<readonly CertificateRequest[]>);

/** Options of {@link TLSCertificates}. */
export interface TLSCertificatesOptions<T extends CharmTypes = UntypedCharm> {
  /** An endpoint in `requires` with the interface `tls-certificates`. */
  readonly endpoint: EndpointOf<T, "tls-certificates">;
  readonly requests: CertificateRequests;
  /**
   * Who needs the certificates: each unit, with a key of its own, or the application, whose leader has the key. For both,
   * make two instances.
   *
   * @default "unit"
   */
  readonly scope?: Scope;
  /** Kind of a new private key. A key that exists stays. @default RSA with 2048 bits */
  readonly key?: KeyOptions;
  /** Part of a certificate's remaining time after which it is renewed, above 0.5 and below 1. @default 0.9 */
  readonly renewAfter?: number;
  /** Further events after which requests are compared with what is wanted. */
  readonly refreshOn?: readonly BoundEvent[];
  /** @default the system's clock */
  readonly clock?: Pick<Clock, "now">;
}

/** Events of {@link TLSCertificates}. They hold no secret. */
export interface CertificateEvents {
  /**
   * A certificate has come, or was replaced. Emitted until its observers have succeeded; {@link TLSCertificates.current}
   * has the certificate at any time.
   */
  readonly available: OwnEventSource<{
    readonly certificate: string;
    readonly ca: string;
    readonly chain: readonly string[];
    readonly signingRequest: string;
  }>;
  /** The provider has revoked a certificate. Stop using it; the provider's new one comes as `available`. */
  readonly revoked: OwnEventSource<{ readonly certificate: string; readonly signingRequest: string }>;
  /** The provider gives no certificate. */
  readonly denied: OwnEventSource<Pick<Denial, keyof Denial>>;
}

/**
 * The requirer side of the relation interface `tls-certificates`, as in version 4 of the Python library: it makes a
 * private key, which stays in a secret of the unit or application, requests the certificates that the charm wants,
 * renews them in time, and withdraws the requests that the charm no longer wants.
 *
 * Create it in the constructor of the charm, and observe its events. When the relation is removed, so are its secrets.
 */
export class TLSCertificates<T extends CharmTypes = UntypedCharm> {
  readonly on: CertificateEvents;
  readonly #charm: Charm;
  readonly #endpoint: string;
  readonly #options: TLSCertificatesOptions<T>;
  readonly #scope: Scope;
  readonly #secrets: OwnSecrets;
  #key: KeyPair | undefined;

  constructor(charm: Charm<T>, options: TLSCertificatesOptions<T>) {
    const { endpoint, scope = "unit", renewAfter = 0.9, refreshOn = [] } = options;
    if (!(renewAfter > 0.5 && renewAfter < 1))
      throw new RangeError(`Cannot renew after ${renewAfter} of a certificate's time: give 0.5 to 1`);
    // Safe: the endpoint is one of the charm's.
    this.#charm = charm as unknown as Charm;
    this.#endpoint = endpoint;
    this.#options = options;
    this.#scope = scope;
    this.#secrets = new OwnSecrets(this.#charm, { endpoint, scope });
    this.on = {
      available: defineEvent(`${endpoint}-${scope}-certificate-available`),
      revoked: defineEvent(`${endpoint}-${scope}-certificate-revoked`),
      denied: defineEvent(`${endpoint}-${scope}-certificate-denied`),
    };
    const { on, framework } = this.#charm;
    const relation = on.relation(endpoint);
    const events = [on.configChanged, on.leaderElected, on.upgradeCharm, on.updateStatus, ...refreshOn];
    for (const event of [relation.created, ...events]) framework.observe(event, () => this.sync());
    framework.observe(relation.changed, () => this.#onChanged());
    framework.observe(relation.broken, (event) => this.#onBroken(event));
    framework.observe(on.secretExpired, (event) => this.#onSecretExpired(event));
    framework.observe(on.secretRemove, (event) => this.#onSecretRemove(event));
  }

  /** Compares the requests with what is wanted now. Happens by itself after events of the relation and of the charm. */
  async sync(): Promise<void> {
    await this.#sync(() => false);
  }

  /**
   * The certificate of a request; undefined when it has not come, was revoked or is not wanted any more. While a renewal is
   * pending, the one before.
   */
  async current(request: CertificateRequest): Promise<ProvidedCertificate | undefined> {
    const fingerprint = fingerprintOf(checkedRequest(request));
    return (await this.#all()).findLast(({ fingerprint: own }) => own === fingerprint)?.certificate;
  }

  /** All certificates that have come, with the fingerprint of their requests, the newest last. */
  async #all(): Promise<
    readonly { readonly fingerprint: string; readonly certificate: ProvidedCertificate }[]
  > {
    const relation = await this.#relation();
    const key = relation && (await this.#readKey());
    if (!relation || !key) return [];
    return (await this.#pending(relation, key)).flatMap(({ request: { fingerprint }, answer }) => {
      if (!answer || answer.isRevoked) return [];
      const { certificate, ca, chain, signingRequest, expires } = answer;
      return [{ fingerprint, certificate: { certificate, ca, chain, signingRequest, expires } }];
    });
  }

  /** The private key of the certificates, in PEM; undefined before the first request, and in other units than the leader. */
  async privateKey(): Promise<Secret | undefined> {
    const key = await this.#readKey();
    return key && new Secret(key.pem);
  }

  /** Requests a new certificate, for the same key. The old one can be used until the new one has come. */
  async renew(request: CertificateRequest): Promise<void> {
    const fingerprint = fingerprintOf(checkedRequest(request));
    await this.#sync((own) => own.fingerprint === fingerprint);
  }

  /** Makes a new private key, and requests all certificates again. Until they come there are none. */
  async regenerateKey(): Promise<void> {
    if (!(await this.#mayWrite())) return;
    await this.#makeKey();
    await this.sync();
  }

  async #onChanged(): Promise<void> {
    await this.sync();
    const relation = await this.#relation();
    if (!relation || !(await this.#mayWrite())) return;
    const { denials } = await this.#provided(relation);
    const own = new Set((await this.#ownRequests(relation)).map(({ pem }) => pem));
    for (const denial of denials)
      if (own.has(denial.signingRequest)) await this.#charm.framework.emit(this.on.denied, { ...denial });
  }

  async #onBroken({ relation }: RelationEvent): Promise<void> {
    const others = await this.#charm.model.relations(this.#endpoint);
    if (others.some(({ id }) => id !== relation.id) || !(await this.#mayWrite())) return;
    this.#key = undefined;
    await this.#secrets.removeAll();
  }

  async #onSecretExpired({ secret }: SecretEvent): Promise<void> {
    if (!this.#secrets.isRecord(secret.label)) return;
    const expired = await this.#secrets.requestOf(secret);
    const removed = await this.#sync(({ pem }) => pem === expired);
    // Juju emits the event until the revision is gone.
    if (!removed.some(({ pem }) => pem === expired)) await secret.removeAll();
  }

  async #onSecretRemove({ secret, revision }: SecretEvent): Promise<void> {
    if (revision !== undefined && this.#secrets.owns(secret.label)) await secret.removeRevision(revision);
  }

  /** @returns the requests whose records were removed. */
  async #sync(isForced: (request: SigningRequest) => boolean): Promise<readonly SigningRequest[]> {
    const relation = await this.#relation();
    if (!relation || !(await this.#mayWrite())) return [];
    const requests = await this.#wanted();
    const key = (await this.#readKey()) ?? (await this.#makeKey());
    const pending = await this.#pending(relation, key, isForced);
    const plan = planRequests([...requests.keys()], pending);
    const made: SigningRequest[] = [];
    for (const fingerprint of plan.make) {
      const request = requests.get(fingerprint);
      if (request) made.push(await newSigningRequest(request, key, randomUUID()));
    }
    await this.#write(relation, [...plan.keep.map(({ request }) => request), ...made]);
    const superseded = plan.keep.filter(({ request }) => plan.make.includes(request.fingerprint));
    const ended = [...plan.drop, ...superseded].map(({ request }) => request);
    for (const request of ended) await this.#secrets.removeRecord(request);
    for (const each of latestOf(plan.keep)) if (!superseded.includes(each)) await this.#tell(each);
    return ended;
  }

  /** Tells the charm what the provider has answered, and keeps a record of it when the charm has taken it. */
  async #tell({ request, answer }: Pending): Promise<void> {
    if (!answer) return;
    const { certificate, ca, chain, signingRequest, expires, isRevoked } = answer;
    const { framework } = this.#charm;
    const record = await this.#secrets.record(request);
    if (isRevoked) {
      if (record === undefined) return;
      await framework.emit(this.on.revoked, { certificate, signingRequest });
      await this.#secrets.removeRecord(request);
    } else if (record?.certificate !== certificate) {
      await framework.emit(this.on.available, { certificate, ca, chain, signingRequest });
      await this.#secrets.setRecord(request, certificate, this.#renewalOf(expires));
    }
  }

  /** Counted from now: a provider whose certificates are old when they come is not asked again and again. */
  #renewalOf(expires: Date): Date {
    const now = this.#now();
    return new Date(now + Math.max(0, expires.getTime() - now) * (this.#options.renewAfter ?? 0.9));
  }

  #now(): number {
    return (this.#options.clock ?? systemClock).now();
  }

  async #wanted(): Promise<ReadonlyMap<string, CertificateRequest>> {
    const { requests } = this.#options;
    const wanted = typeof requests === "function" ? await requests() : requests;
    return new Map(wanted.map((request) => [fingerprintOf(checkedRequest(request)), request]));
  }

  async #relation(): Promise<Relation | undefined> {
    return this.#charm.model.relation(this.#endpoint);
  }

  async #mayWrite(): Promise<boolean> {
    return this.#scope === "unit" || this.#charm.unit.isLeader();
  }

  async #readKey(): Promise<KeyPair | undefined> {
    if (!(await this.#mayWrite())) return undefined;
    this.#key ??= await this.#secrets.key();
    return this.#key;
  }

  async #makeKey(): Promise<KeyPair> {
    const key = await newKeyPair(this.#options.key ?? { type: "rsa", bits: 2048 });
    await this.#secrets.setKey(key);
    this.#key = key;
    return key;
  }

  /** The requests for this key that the provider can see. */
  async #pending(
    relation: Relation,
    key: KeyPair,
    isForced: (request: SigningRequest) => boolean = () => false,
  ): Promise<readonly Pending[]> {
    const own = await this.#ownRequests(relation);
    const provided = await this.#provided(relation);
    const pending: Pending[] = [];
    for (const request of own.filter(({ publicKey }) => publicKey === key.publicKey)) {
      const answer = provided.answers.findLast((each) => answers(each, request, key));
      const isDue = isForced(request) || (answer !== undefined && (await this.#isDue(request)));
      pending.push({ request, answer, isDue });
    }
    return pending;
  }

  async #isDue(request: SigningRequest): Promise<boolean> {
    const record = await this.#secrets.record(request);
    return record?.renews !== undefined && record.renews.getTime() <= this.#now();
  }

  async #provided(
    relation: Relation,
  ): Promise<{ readonly answers: readonly Answer[]; readonly denials: readonly Denial[] }> {
    const app = await relation.app();
    const provided = readProviderData(app === undefined ? {} : await relation.data(app).read());
    for (const problem of provided.problems)
      this.#charm.log.warning(`Ignoring data of the certificate provider: ${problem}`, {
        relation: relation.id,
      });
    return provided;
  }

  async #ownRequests(relation: Relation): Promise<readonly SigningRequest[]> {
    const text = await this.#bag(relation).get(REQUESTS);
    const entries = (text === undefined ? [] : JSON.parse(text)) as unknown;
    if (!Array.isArray(entries)) return [];
    const requests: SigningRequest[] = [];
    for (const entry of entries as readonly unknown[]) {
      if (!isRecord(entry) || typeof entry["certificate_signing_request"] !== "string") continue;
      const request = await readSigningRequest(entry["certificate_signing_request"], entry["ca"] === true);
      if (request) requests.push(request);
    }
    return requests;
  }

  async #write(relation: Relation, requests: readonly SigningRequest[]): Promise<void> {
    const entries = requests.map(({ pem, isCA }) => ({ certificate_signing_request: pem, ca: isCA }));
    await this.#bag(relation).save({ [REQUESTS]: entries.length > 0 ? entries : undefined });
  }

  #bag(relation: Relation): OwnDataBag {
    return relation.data(this.#scope === "app" ? this.#charm.app : this.#charm.unit);
  }
}

const REQUESTS = "certificate_signing_requests";

/** The last request of each fingerprint. */
function latestOf(pending: readonly Pending[]): readonly Pending[] {
  return [...new Map(pending.map((each) => [each.request.fingerprint, each])).values()];
}
