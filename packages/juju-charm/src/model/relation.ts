import type { RelationFacts } from "../dispatch/hook-facts.ts";
import type { JujuContext } from "../dispatch/juju-context.ts";
import { RelationNotFoundError } from "../tools/hook-tool-refusals.ts";
import type { HookTools } from "../tools/hook-tools.ts";
import type { Application } from "./application.ts";
import { DataBag, type AnyRelationData, type RawData } from "./data-bag.ts";
import { OwnDataBag } from "./own-data-bag.ts";
import { RelationDataAccessError, type DataBagIdentity } from "./relation-data-errors.ts";
import type { Unit } from "./unit.ts";

/** Services of a {@link Relation}. */
export interface RelationDependencies {
  readonly tools: HookTools;
  readonly context: Pick<JujuContext, "unitName" | "appName" | "dispatched">;
}

/** Identifies a relation. */
export interface RelationIdentity<Endpoint extends string = string> {
  readonly endpoint: Endpoint;
  /** The number after the colon of `db:7`. */
  readonly id: number;
  /** The remote application, if already known. */
  readonly remoteApp?: string | undefined;
  /**
   * Whether the relation is known to be broken.
   *
   * @default false
   */
  readonly isBroken?: boolean;
}

/**
 * A relation of this application with another one, or a peer relation of its units. Values are read on demand.
 *
 * A relation that no longer exists, such as that of a deferred event, has no units and empty data. Writes to it are
 * refused: see {@link isActive}.
 */
export class Relation<Endpoint extends string = string, Data extends object = AnyRelationData> {
  readonly endpoint: Endpoint;
  /** The number after the colon of `db:7`. */
  readonly id: number;
  readonly #remoteApp: string | undefined;
  readonly #isBroken: boolean;
  readonly #tools: HookTools;
  readonly #context: RelationDependencies["context"];

  constructor(identity: RelationIdentity<Endpoint>, { tools, context }: RelationDependencies) {
    this.endpoint = identity.endpoint;
    this.id = identity.id;
    this.#remoteApp = identity.remoteApp;
    this.#isBroken = identity.isBroken ?? brokenRelation(context) === identity.id;
    this.#tools = tools;
    this.#context = context;
  }

  /** Whether the relation still exchanges data: false in its `relation-broken`, and after it was removed. */
  async isActive(): Promise<boolean> {
    if (this.#isBroken) return false;
    return (await this.#tools.relationIDs(this.endpoint)).includes(this.id);
  }

  /** Name of the remote application, in a peer relation of the unit's own; undefined when Juju no longer knows it. */
  async app(): Promise<string | undefined> {
    return this.#remoteApp ?? (await orWhenGone(() => this.#tools.relationApp(this.id), undefined));
  }

  /** Names of the remote units, in a peer relation of the other units. Without a departing unit. */
  async units(): Promise<readonly string[]> {
    return orWhenGone(() => this.#tools.relationUnits(this.id), []);
  }

  /**
   * UUID of the remote application's model (Juju 3.6.2 and later).
   *
   * @throws {@link RelationNotFoundError} when the relation no longer exists.
   */
  async remoteModel(): Promise<string> {
    return this.#tools.relationModel(this.id);
  }

  /**
   * The data of a member: writable for this unit and its application, read-only for other members, which are given by
   * name: `relation.data(this.unit).set("port", "80")`, `relation.data("db/0").get("port")`. The data of a departing unit
   * stays readable.
   *
   * Writes throw {@link RelationNotFoundError} when the relation no longer exists.
   */
  data(member: Unit | Application): OwnDataBag<Data>;
  data(member: string): DataBag<Data>;
  data(member: Unit | Application | string): DataBag<Data> {
    const name = typeof member === "string" ? member : member.name;
    const { unitName, appName } = this.#context;
    const bag = { endpoint: this.endpoint, relation: this.id, member: name };
    if (name === unitName) return this.#unitBag(bag);
    if (name === appName) return this.#appBag(bag);
    return new DataBag(bag, () => this.#read(name));
  }

  async #read(member: string): Promise<RawData> {
    return orWhenGone(() => this.#tools.relationGet(this.id, member), {});
  }

  #unitBag(bag: DataBagIdentity): OwnDataBag<Data> {
    return new OwnDataBag(bag, {
      read: () => this.#read(bag.member),
      write: (data) => this.#tools.relationSet(this.id, "unit", data),
    });
  }

  #appBag(bag: DataBagIdentity): OwnDataBag<Data> {
    return new OwnDataBag(bag, {
      read: async () => {
        // In a peer relation, all units may read the application's data.
        if (!(await this.#tools.isLeader()) && (await this.app()) !== bag.member)
          throw new RelationDataAccessError("read", bag, "only the leader may read its application's data");
        return this.#read(bag.member);
      },
      write: async (data) => {
        if (!(await this.#tools.isLeader()))
          throw new RelationDataAccessError("write", bag, "this unit is not the leader");
        await this.#tools.relationSet(this.id, "app", data);
      },
    });
  }
}

/** The relation of the dispatched `relation-broken`, if any. */
export function brokenRelation(context: Pick<JujuContext, "dispatched">): number | undefined {
  const relation = dispatchedRelation(context);
  return relation?.phase === "broken" ? relation.id : undefined;
}

/** The facts of the dispatched relation hook, if any. */
export function dispatchedRelation({
  dispatched,
}: Pick<JujuContext, "dispatched">): RelationFacts | undefined {
  if (dispatched.kind !== "hook" || dispatched.hook.family !== "relation") return undefined;
  return dispatched.hook.relation;
}

/** The answer, or what a relation that no longer exists answers. */
async function orWhenGone<Answer>(ask: () => Promise<Answer>, answer: Answer): Promise<Answer> {
  try {
    return await ask();
  } catch (thrown) {
    if (thrown instanceof RelationNotFoundError) return answer;
    throw thrown;
  }
}
