import type { JujuContext } from "../dispatch/juju-context.ts";
import type { HookTools } from "../tools/hook-tools.ts";
import type { Application } from "./application.ts";
import { DataBag, type AnyRelationData } from "./data-bag.ts";
import { OwnDataBag } from "./own-data-bag.ts";
import { RelationDataAccessError, type DataBagPlace } from "./relation-data-errors.ts";
import type { Unit } from "./unit.ts";

/** What a relation knows of where it is. */
export interface RelationDependencies {
  readonly tools: HookTools;
  readonly context: Pick<JujuContext, "unitName" | "appName" | "dispatched">;
}

/** Which relation it is. */
export interface RelationIdentity<Endpoint extends string = string> {
  readonly endpoint: Endpoint;
  /** The number after the colon of `db:7`. */
  readonly id: number;
  /** The remote application, where it is known without asking. */
  readonly remoteApp?: string | undefined;
  /**
   * Whether an event has told that it is gone.
   *
   * @default false
   */
  readonly isBroken?: boolean;
}

/** A relation of this application with another one, or of its units with each other. Nothing is read before it is asked for. */
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

  /** Whether data can still be exchanged: not in the `relation-broken` of this relation. */
  get isActive(): boolean {
    return !this.#isBroken;
  }

  /** Name of the remote application, of a peer relation the own one; undefined when Juju cannot tell any more. */
  async app(): Promise<string | undefined> {
    return this.#remoteApp ?? (await this.#tools.relationApp(this.id));
  }

  /** Names of the remote units, of a peer relation the others. One that departs is not among them. */
  async units(): Promise<readonly string[]> {
    return this.#tools.relationUnits(this.id);
  }

  /** UUID of the model of the other side (Juju 3.6.2 and later). */
  async remoteModel(): Promise<string> {
    return this.#tools.relationModel(this.id);
  }

  /**
   * What a member shares. Of the own unit and application it can be written, of others, which are named, only read:
   * `relation.data(this.unit).set("port", "80")`, `relation.data("db/0").get("port")`. The data of a unit that departs
   * stays readable.
   */
  data(member: Unit | Application): OwnDataBag<Data>;
  data(member: string): DataBag<Data>;
  data(member: Unit | Application | string): DataBag<Data> {
    const name = typeof member === "string" ? member : member.name;
    const { unitName, appName } = this.#context;
    const place = { endpoint: this.endpoint, relation: this.id, member: name };
    if (name === unitName) return this.#unitBag(place);
    if (name === appName) return this.#appBag(place);
    return new DataBag(place, () => this.#tools.relationGet(this.id, name));
  }

  #unitBag(place: DataBagPlace): OwnDataBag<Data> {
    return new OwnDataBag(place, {
      read: () => this.#tools.relationGet(this.id, place.member),
      write: (data) => this.#tools.relationSet(this.id, "unit", data),
    });
  }

  #appBag(place: DataBagPlace): OwnDataBag<Data> {
    return new OwnDataBag(place, {
      read: async () => {
        // Among peers, the application's data is there for all of its units.
        if (!(await this.#tools.isLeader()) && (await this.app()) !== place.member)
          throw new RelationDataAccessError(
            "read",
            place,
            "only the leader reads what its application shares",
          );
        return this.#tools.relationGet(this.id, place.member);
      },
      write: async (data) => {
        if (!(await this.#tools.isLeader()))
          throw new RelationDataAccessError("write", place, "this unit is not the leader");
        await this.#tools.relationSet(this.id, "app", data);
      },
    });
  }
}

/** The relation whose `relation-broken` this is. */
export function brokenRelation({ dispatched }: Pick<JujuContext, "dispatched">): number | undefined {
  if (dispatched.kind !== "hook" || dispatched.hook.family !== "relation") return undefined;
  const { id, phase } = dispatched.hook.relation;
  return phase === "broken" ? id : undefined;
}
