import { CodedError } from "charm-kit";
import type { CharmTypes, NameOf, UntypedCharm } from "../charm-types.ts";
import type { JujuContext, Proxies } from "../dispatch/juju-context.ts";
import type { CloudSpec } from "../tools/cloud-spec.ts";
import type { GoalState } from "../tools/goal-state.ts";
import type { HookTools } from "../tools/hook-tools.ts";
import type { NetworkInfo } from "../tools/network-tools.ts";
import type { SecretReference } from "../tools/secret-tools.ts";
import { Application } from "./application.ts";
import type { AnyRelationData } from "./data-bag.ts";
import { JujuSecret } from "./juju-secret.ts";
import { brokenRelation, Relation, type RelationIdentity } from "./relation.ts";
import { Storage } from "./storage.ts";
import { Unit } from "./unit.ts";

/** What the two sides of a relation agreed on, where the charm's types say it; else any JSON. */
export type RelationDataOf<
  T extends CharmTypes,
  Endpoint extends NameOf<T, "relations">,
> = T["relations"][Endpoint] extends { readonly data: infer Data extends object } ? Data : AnyRelationData;

/** A relation of an endpoint of the charm. */
export type RelationOf<T extends CharmTypes, Endpoint extends NameOf<T, "relations">> = Relation<
  Endpoint,
  RelationDataOf<T, Endpoint>
>;

/** An endpoint that the charm takes for single has several relations. */
export class TooManyRelationsError extends CodedError {
  readonly code = "too-many-relations";
  readonly endpoint: string;
  readonly count: number;

  constructor(endpoint: string, count: number, options?: ErrorOptions) {
    super(
      `Cannot use the relation ${endpoint}: there are ${count} of it; remove all but one, or use relations()`,
      options,
    );
    this.endpoint = endpoint;
    this.count = count;
  }
}

/** What a model is made of. */
export interface ModelParts {
  readonly context: JujuContext;
  readonly tools: HookTools;
}

/** The model that the unit lives in, as the unit sees it. Nothing is read before it is asked for, and then once. */
export class Model<T extends CharmTypes = UntypedCharm> {
  readonly name: string;
  readonly uuid: string;
  /** Version of the unit agent, such as `3.6.28`. */
  readonly jujuVersion: string;
  /** Proxies that the model wants charms to use. */
  readonly proxies: Proxies;
  readonly unit: Unit;
  readonly app: Application;
  readonly #parts: ModelParts;

  constructor(parts: ModelParts) {
    const { context, tools } = parts;
    this.name = context.model.name;
    this.uuid = context.model.uuid;
    this.jujuVersion = context.jujuVersion;
    this.proxies = context.proxies;
    this.unit = new Unit(context.unitName, tools);
    this.app = new Application(context.appName, tools);
    this.#parts = parts;
  }

  /** All relations of an endpoint. One that is being broken is not among them. */
  async relations<Endpoint extends NameOf<T, "relations">>(
    endpoint: Endpoint,
  ): Promise<readonly RelationOf<T, Endpoint>[]> {
    const ids = await this.#parts.tools.relationIDs(endpoint);
    const broken = brokenRelation(this.#parts.context);
    return ids.filter((id) => id !== broken).map((id) => this.relationByID({ endpoint, id }));
  }

  /**
   * The relation of an endpoint that has at most one.
   *
   * @throws {@link TooManyRelationsError} when there are more.
   */
  async relation<Endpoint extends NameOf<T, "relations">>(
    endpoint: Endpoint,
  ): Promise<RelationOf<T, Endpoint> | undefined> {
    const relations = await this.relations(endpoint);
    if (relations.length > 1) throw new TooManyRelationsError(endpoint, relations.length);
    return relations[0];
  }

  /** A relation that is known by its number, whether it still is there or not. */
  relationByID<Endpoint extends NameOf<T, "relations">>(
    identity: RelationIdentity<Endpoint>,
  ): RelationOf<T, Endpoint> {
    return new Relation(identity, this.#parts);
  }

  /** A secret by its URI or its label. With both, the label becomes that of the secret when it is read. */
  secret(reference: string | SecretReference): JujuSecret {
    return new JujuSecret(typeof reference === "string" ? { id: reference } : reference, this.#parts.tools);
  }

  /** Secrets that the unit owns, and, when it leads, those of the application. */
  async ownSecrets(): Promise<readonly JujuSecret[]> {
    const ids = await this.#parts.tools.secretIDs();
    return ids.map((id) => this.secret(id));
  }

  /** The attached storages of a name. */
  async storages<Name extends NameOf<T, "storages">>(name: Name): Promise<readonly Storage<Name>[]> {
    const ids = await this.#parts.tools.storageList(name);
    return ids.map((id) => new Storage(name, id, this.#parts.tools));
  }

  /** Asks for more storages of a name; each comes with a `storage-attached` of its own, after the hook has succeeded. */
  async requestStorage(name: NameOf<T, "storages">, count = 1): Promise<void> {
    if (!Number.isInteger(count) || count < 1)
      throw new RangeError(`Cannot request ${count} of the storage ${name}: give a whole number from 1`);
    await this.#parts.tools.storageAdd(name, count);
  }

  /** Absolute path of a resource's file. Juju downloads it at the first use. */
  async resourcePath(name: NameOf<T, "resources">): Promise<string> {
    return this.#parts.tools.resourceGet(name);
  }

  /**
   * How the unit is reached by way of a binding.
   *
   * @param binding an endpoint, an extra binding, or `juju-info`.
   * @param relation for the addresses that this relation's other side is told.
   */
  async network(binding: string, relation?: Pick<Relation, "id">): Promise<NetworkInfo> {
    return this.#parts.tools.networkGet(binding, relation?.id);
  }

  /** What the model is on its way to. */
  async goalState(): Promise<GoalState> {
    return this.#parts.tools.goalState();
  }

  /**
   * The cloud the model is on, with its credential.
   *
   * @throws {@link PermissionDeniedError} unless the application is deployed with `--trust`.
   */
  async cloudSpec(): Promise<CloudSpec> {
    return this.#parts.tools.credentialGet();
  }
}
