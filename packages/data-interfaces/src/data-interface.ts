import {
  defineEvent,
  PermissionDeniedError,
  SecretNotFoundError,
  type BoundEvent,
  type Charm,
  type CharmTypes,
  type EndpointOf,
  type OwnEventSource,
  type RawData,
  type Relation,
  type RelationEvent,
  type SecretContent,
  type SecretEvent,
  type UntypedCharm,
} from "juju-charm";
import { requestData, type DataRequest } from "./data-request.ts";
import { readResource, SECRET_GROUPS, type DataResource } from "./data-resource.ts";
import { changedFields, digestsOf, knownData, type KnownFields } from "./known-data.ts";
import { readStatuses, type ProviderStatus } from "./provider-status.ts";

/** Relation interfaces of providers. */
export type DataInterfaceName =
  "postgresql_client" | "mysql_client" | "mongodb_client" | "kafka_client" | "opensearch_client";

/** Options of {@link DataInterface}. */
export interface DataInterfaceOptions<T extends CharmTypes = UntypedCharm> {
  /** An endpoint in `requires` with one of the interfaces of {@link DataInterfaceName}. */
  readonly endpoint: EndpointOf<T, DataInterfaceName>;
  /** What to ask for, or what reads it, from the configuration for instance. Providers read it once. */
  readonly request: DataRequest | (() => Promise<DataRequest>);
}

/** Events of {@link DataInterface}. They hold no secret, and name the relation by its number. */
export interface DataEvents {
  /** The provider has given credentials. Emitted until its observers have succeeded. */
  readonly created: OwnEventSource<{ readonly relation: number }>;
  /** The endpoints, or the databases with the requested prefix, are others now. */
  readonly endpointsChanged: OwnEventSource<{ readonly relation: number }>;
  /** Passwords or certificates are others now. */
  readonly credentialsChanged: OwnEventSource<{ readonly relation: number }>;
  /** The provider says something else of itself. */
  readonly statusesChanged: OwnEventSource<{ readonly relation: number }>;
}

/**
 * The client side of the relations of data platform charms, as version 0 of the Python library `data_interfaces` speaks
 * it, which newer providers understand too: the leader asks for a database, topic or index, and every unit reads the
 * credentials from secrets.
 *
 * Create it in the constructor of the charm, and observe its events.
 */
export class DataInterface<T extends CharmTypes = UntypedCharm> {
  readonly on: DataEvents;
  readonly #charm: Charm;
  readonly #endpoint: string;
  readonly #request: DataInterfaceOptions["request"];

  constructor(charm: Charm<T>, { endpoint, request }: DataInterfaceOptions<T>) {
    // Safe: the endpoint is one of the charm's.
    this.#charm = charm as unknown as Charm;
    this.#endpoint = endpoint;
    this.#request = request;
    this.on = {
      created: defineEvent(`${endpoint}-resource-created`),
      endpointsChanged: defineEvent(`${endpoint}-endpoints-changed`),
      credentialsChanged: defineEvent(`${endpoint}-credentials-changed`),
      statusesChanged: defineEvent(`${endpoint}-statuses-changed`),
    };
    const { on, framework } = this.#charm;
    const relation = on.relation(endpoint);
    const asking: readonly BoundEvent[] = [relation.created, on.leaderElected, on.upgradeCharm];
    for (const event of asking) framework.observe(event, () => this.#ask());
    framework.observe(relation.changed, (event) => this.#compare(event.relation));
    framework.observe(relation.broken, (event) => this.#onBroken(event));
    framework.observe(on.secretChanged, (event) => this.#onSecretChanged(event));
  }

  /** What the only provider has given; undefined before its credentials have come, and without a relation. */
  async resource(): Promise<DataResource | undefined> {
    const relation = await this.#charm.model.relation(this.#endpoint);
    return relation && this.#read(relation);
  }

  /** What the providers have given, where the charm may have several. */
  async resources(): Promise<readonly DataResource[]> {
    const relations = await this.#charm.model.relations(this.#endpoint);
    const read = await Promise.all(relations.map((relation) => this.#read(relation)));
    return read.filter((resource) => resource !== undefined);
  }

  /** What the provider of a relation says of itself. */
  async statuses(relation: number): Promise<readonly ProviderStatus[]> {
    const found = this.#charm.model.relationByID({ endpoint: this.#endpoint, id: relation });
    return readStatuses((await this.#data(found))["status"]);
  }

  async #ask(): Promise<void> {
    if (!(await this.#charm.unit.isLeader())) return;
    const relations = await this.#charm.model.relations(this.#endpoint);
    if (relations.length === 0) return;
    const request = typeof this.#request === "function" ? await this.#request() : this.#request;
    for (const relation of relations) await relation.data(this.#charm.app).update(requestData(request));
  }

  /** Emits what has changed since the charm was last told. */
  async #compare(relation: Relation): Promise<void> {
    const { framework } = this.#charm;
    const slot = knownData(this.#endpoint);
    const all = await framework.state.read(slot);
    const data = await this.#data(relation);
    if (!(await this.#isReady(relation, data))) return;
    const known = all[relation.id] ?? {};
    const isReadable = (await this.#read(relation)) !== undefined;
    // Credentials that cannot be read yet are news when they can.
    const told = Object.entries(data).filter(([field]) => isReadable || !CREDENTIALS.includes(field));
    const now = digestsOf(Object.fromEntries(told));
    const changed = changedFields(known, now);
    for (const event of this.#eventsOf(known, changed, isReadable))
      await framework.emit(event, { relation: relation.id });
    await framework.state.write(slot, { ...all, [relation.id]: now });
  }

  #eventsOf(
    known: KnownFields,
    changed: ReadonlySet<string>,
    isReadable: boolean,
  ): readonly OwnEventSource<{ readonly relation: number }>[] {
    const isAny = (fields: readonly string[]) => fields.some((field) => changed.has(field));
    const statuses = changed.has("status") ? [this.on.statusesChanged] : [];
    const wasCreated = CREDENTIALS.some((field) => known[field] !== undefined);
    if (!wasCreated) return [...(isReadable ? [this.on.created] : []), ...statuses];
    return [
      ...(isAny(ENDPOINTS) ? [this.on.endpointsChanged] : []),
      ...(isReadable && isAny(CREDENTIALS) ? [this.on.credentialsChanged] : []),
      ...statuses,
    ];
  }

  /** A subordinate provider says when the unit beside this one is ready. */
  async #isReady(relation: Relation, data: RawData): Promise<boolean> {
    if (data["subordinated"] !== "true") return true;
    const units = await relation.units();
    const states = await Promise.all(units.map((unit) => relation.data(unit).get("state")));
    return states.includes("ready");
  }

  async #onBroken({ relation }: RelationEvent): Promise<void> {
    const { state } = this.#charm.framework;
    const slot = knownData(this.#endpoint);
    const { [relation.id]: gone, ...rest } = await state.read(slot);
    if (gone) await state.write(slot, rest);
  }

  async #onSecretChanged({ secret }: SecretEvent): Promise<void> {
    const id = this.#relationOf(secret.label);
    if (id === undefined) return;
    await secret.refresh();
    await this.#charm.framework.emit(this.on.credentialsChanged, { relation: id });
  }

  async #read(relation: Relation): Promise<DataResource | undefined> {
    const data = await this.#data(relation);
    if (!(await this.#isReady(relation, data))) return undefined;
    const contents = await Promise.all(
      SECRET_GROUPS.map((group) => this.#secret(data[`secret-${group}`], this.#labelOf(relation.id, group))),
    );
    return readResource(relation.id, data, Object.assign({}, ...contents) as SecretContent);
  }

  /** The label makes Juju tell of changes by it. */
  async #secret(id: string | undefined, label: string): Promise<SecretContent> {
    if (id === undefined) return {};
    try {
      return await this.#charm.model.secret({ id, label }).content();
    } catch (thrown) {
      // The provider revokes it when it takes the relation down.
      if (!(thrown instanceof SecretNotFoundError) && !(thrown instanceof PermissionDeniedError))
        throw thrown;
      this.#charm.log.warning("Cannot read a secret of the data provider: it is gone or revoked", { label });
      return {};
    }
  }

  async #data(relation: Relation): Promise<RawData> {
    const app = await relation.app();
    return app === undefined ? {} : relation.data(app).read();
  }

  /** As in the Python library, so that a ported charm keeps its labels. */
  #labelOf(relation: number, group: string): string {
    return `${this.#endpoint}.${relation}.${group}.secret`;
  }

  #relationOf(label = ""): number | undefined {
    const [endpoint, id, group = "", end] = label.split(".");
    const isOurs = endpoint === this.#endpoint && end === "secret";
    return isOurs && SECRET_GROUPS.some((known) => known === group) ? Number(id) : undefined;
  }
}

const CREDENTIALS = [
  "secret-user",
  "secret-entity",
  "secret-tls",
  "secret-extra",
  "username",
  "password",
  "entity-name",
];
const ENDPOINTS = ["endpoints", "read-only-endpoints", "prefix-databases"];
