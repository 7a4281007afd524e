import { CodedError } from "charm-kit";
import type { BindingOf, CharmTypes, NameOf, UntypedCharm } from "../charm-types.ts";
import { JujuVersion } from "../dispatch/juju-version.ts";
import type { JujuContext, Proxies } from "../dispatch/juju-context.ts";
import type { CloudSpec } from "../tools/cloud-spec.ts";
import type { GoalState } from "../tools/goal-state.ts";
import type { HookTools } from "../tools/hook-tools.ts";
import type { SecretReference } from "../tools/secret-tools.ts";
import { Application } from "./application.ts";
import type { AnyRelationData } from "./data-bag.ts";
import { JujuSecret } from "./juju-secret.ts";
import { brokenRelation, Relation, type RelationIdentity } from "./relation.ts";
import { Storage } from "./storage.ts";
import { UnitNetwork } from "./unit-network.ts";
import { Unit } from "./unit.ts";

/** The data of a relation as declared in the charm's types, or any JSON. */
export type RelationDataOf<
  T extends CharmTypes,
  Endpoint extends NameOf<T, "relations">,
> = T["relations"][Endpoint] extends { readonly data: infer Data extends object } ? Data : AnyRelationData;

/** A relation of one of the charm's endpoints. */
export type RelationOf<T extends CharmTypes, Endpoint extends NameOf<T, "relations">> = Relation<
  Endpoint,
  RelationDataOf<T, Endpoint>
>;

/** An endpoint has several relations, but the charm expects at most one. */
export class TooManyRelationsError extends CodedError {
  readonly code = "too-many-relations";
  readonly endpoint: string;
  readonly count: number;

  constructor(endpoint: string, count: number, options?: ErrorOptions) {
    super(
      `Cannot use the relation ${endpoint}: it has ${count} instances; remove all but one, or use relations()`,
      options,
    );
    this.endpoint = endpoint;
    this.count = count;
  }
}

/** Services of a {@link Model}. */
export interface ModelDependencies {
  readonly context: JujuContext;
  readonly tools: HookTools;
}

/** The unit's model. Values are read on demand, and only once. */
export class Model<T extends CharmTypes = UntypedCharm> {
  readonly name: string;
  readonly uuid: string;
  /** The model's proxies for charms. */
  readonly proxies: Proxies;
  readonly unit: Unit;
  readonly app: Application;
  readonly #dependencies: ModelDependencies;

  constructor(dependencies: ModelDependencies) {
    const { context, tools } = dependencies;
    this.name = context.model.name;
    this.uuid = context.model.uuid;
    this.proxies = context.proxies;
    this.unit = new Unit(context.unitName, tools);
    this.app = new Application(context.appName, tools);
    this.#dependencies = dependencies;
  }

  /**
   * Version of the unit agent.
   *
   * @throws {@link JujuContextError} when its text is not a version.
   */
  get jujuVersion(): JujuVersion {
    return new JujuVersion(this.#dependencies.context.jujuVersion);
  }

  /** All relations of an endpoint, without one that is being broken. */
  async relations<Endpoint extends NameOf<T, "relations">>(
    endpoint: Endpoint,
  ): Promise<readonly RelationOf<T, Endpoint>[]> {
    const ids = await this.#dependencies.tools.relationIDs(endpoint);
    const broken = brokenRelation(this.#dependencies.context);
    return ids.filter((id) => id !== broken).map((id) => this.relationByID({ endpoint, id }));
  }

  /**
   * The only relation of an endpoint; undefined when it has none.
   *
   * @throws {@link TooManyRelationsError} when it has several.
   */
  async relation<Endpoint extends NameOf<T, "relations">>(
    endpoint: Endpoint,
  ): Promise<RelationOf<T, Endpoint> | undefined> {
    const relations = await this.relations(endpoint);
    if (relations.length > 1) throw new TooManyRelationsError(endpoint, relations.length);
    return relations[0];
  }

  /** A relation by its number, without checking that it exists. */
  relationByID<Endpoint extends NameOf<T, "relations">>(
    identity: RelationIdentity<Endpoint>,
  ): RelationOf<T, Endpoint> {
    return new Relation(identity, this.#dependencies);
  }

  /** A secret by its URI or its label. With both, reading the secret also sets the label. */
  secret(reference: string | SecretReference): JujuSecret {
    return new JujuSecret(
      typeof reference === "string" ? { id: reference } : reference,
      this.#dependencies.tools,
    );
  }

  /** The unit's own secrets and, on the leader, those of the application. */
  async ownSecrets(): Promise<readonly JujuSecret[]> {
    const ids = await this.#dependencies.tools.secretIDs();
    return ids.map((id) => this.secret(id));
  }

  /** The attached storage instances with a name. */
  async storages<Name extends NameOf<T, "storages">>(name: Name): Promise<readonly Storage<Name>[]> {
    const ids = await this.#dependencies.tools.storageList(name);
    return ids.map((id) => new Storage(name, id, this.#dependencies.tools));
  }

  /** Requests more storage instances. Each has its own `storage-attached` hook after this hook succeeds. */
  async requestStorage(name: NameOf<T, "storages">, count = 1): Promise<void> {
    if (!Number.isInteger(count) || count < 1)
      throw new RangeError(
        `Cannot request ${count} instances of the storage ${name}: give a whole number from 1`,
      );
    await this.#dependencies.tools.storageAdd(name, count);
  }

  /** Absolute path of a resource's file. Juju downloads it at the first use. */
  async resourcePath(name: NameOf<T, "resources">): Promise<string> {
    return this.#dependencies.tools.resourceGet(name);
  }

  /**
   * The network addresses of the unit on a binding.
   *
   * @param binding an endpoint, an extra binding, or `juju-info`.
   * @param relation selects the addresses for the other side of this relation.
   */
  async network(binding: BindingOf<T>, relation?: Pick<Relation, "id">): Promise<UnitNetwork> {
    return new UnitNetwork(await this.#dependencies.tools.networkGet(binding, relation?.id));
  }

  /** The planned units and relations. */
  async goalState(): Promise<GoalState> {
    return this.#dependencies.tools.goalState();
  }

  /**
   * The model's cloud with its credential.
   *
   * @throws {@link PermissionDeniedError} unless the application is deployed with `--trust`.
   */
  async cloudSpec(): Promise<CloudSpec> {
    return this.#dependencies.tools.credentialGet();
  }
}
