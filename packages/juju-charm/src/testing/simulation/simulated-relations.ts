import { differencesOf, ToolError, type CurrentRelation, type RelationBackend } from "juju-hook-tools";
import type { DataBag } from "../state/data-bag.ts";
import type { AnyRelation } from "../state/relation.ts";
import { remoteAppOf, remoteUnitsOf } from "../state/relation-members.ts";
import type { RelationScope } from "../../tools/relation-tools.ts";
import type { StateTransaction } from "./state-transaction.ts";
import type { SimulationOptions } from "./simulation-options.ts";

/** Relations for hook tools, with Juju's access rules. */
export class SimulatedRelations implements RelationBackend {
  readonly #transaction: StateTransaction;
  readonly #options: SimulationOptions;

  constructor(transaction: StateTransaction, options: SimulationOptions) {
    this.#transaction = transaction;
    this.#options = options;
  }

  current(): CurrentRelation | undefined {
    const { trigger } = this.#options.event;
    return trigger.family === "relation" ? trigger.facts : undefined;
  }

  /** Such as `db:7`, sorted as text, without one that is being broken. */
  ids(endpoint: string): readonly string[] {
    const { trigger } = this.#options.event;
    const broken =
      trigger.family === "relation" && trigger.facts.phase === "broken" ? trigger.facts.id : undefined;
    return this.#transaction.pending.relations
      .filter((relation) => relation.endpoint === endpoint && relation.id !== broken)
      .map((relation) => `${relation.endpoint}:${relation.id}`)
      .sort();
  }

  has(id: number): boolean {
    return this.#transaction.pending.relations.some((relation) => relation.id === id);
  }

  /** Remote units, sorted as text, without a departing one. A relation that is being broken has none. */
  units(id: number): readonly string[] {
    const relation = this.#relation(id);
    const { trigger } = this.#options.event;
    const current = trigger.family === "relation" && trigger.facts.id === id ? trigger.facts : undefined;
    if (current?.phase === "broken") return [];
    const gone = current?.phase === "departed" ? current.remoteUnit : undefined;
    return [...remoteUnitsOf(relation, this.#options.appName).keys()].filter((unit) => unit !== gone).sort();
  }

  app(id: number): string {
    return remoteAppOf(this.#relation(id), this.#options.appName);
  }

  /** UUID of the remote application's model. */
  model(id: number): string {
    const relation = this.#relation(id);
    const other = relation.kind === "relation" ? relation.remoteModelUUID : undefined;
    return other ?? this.#transaction.committed.model.uuid;
  }

  /** @throws ToolError when the unit may not read the member's data. */
  read(id: number, member: string): DataBag {
    const relation = this.#relation(id);
    const { appName, unitName } = this.#options;
    const bag =
      member === unitName
        ? relation.localUnitData
        : member === appName
          ? this.#ownAppData(relation)
          : remoteData(relation, member, appName);
    if (bag === undefined) throw new ToolError(this.#refusal(member));
    return bag;
  }

  /** @throws ToolError when a unit without leadership writes application data. */
  write(id: number, scope: RelationScope, data: DataBag): void {
    this.#relation(id);
    if (scope === "app" && !this.#transaction.committed.leader)
      throw new ToolError("cannot write relation settings");
    this.#transaction.buffer((state) => {
      const relation = state.relation(id);
      const member = scope === "app" ? "localAppData" : "localUnitData";
      return state.withRelation(relation.with({ [member]: merged(relation[member], data) }));
    });
  }

  #relation(id: number): AnyRelation {
    return this.#transaction.pending.relation(id);
  }

  #refusal(member: string): string {
    return member === this.#options.appName
      ? "permission denied"
      : differencesOf(this.#options.jujuVersion).notInRelation;
  }

  /** The leader reads pending data. Other units read committed data, in Juju 3 only that of peer relations. */
  #ownAppData(relation: AnyRelation): DataBag | undefined {
    if (this.#transaction.committed.leader) return relation.localAppData;
    return relation.kind === "peer" || differencesOf(this.#options.jujuVersion).followersReadOwnAppData
      ? this.#transaction.committed.relation(relation.id).localAppData
      : undefined;
  }
}

function remoteData(relation: AnyRelation, member: string, ownApp: string): DataBag | undefined {
  if (relation.kind !== "peer" && member === relation.remoteApp) return relation.remoteAppData;
  return remoteUnitsOf(relation, ownApp).get(member);
}

/** An empty value removes a key. */
function merged(old: DataBag, data: DataBag): DataBag {
  return Object.fromEntries(Object.entries({ ...old, ...data }).filter(([, value]) => value !== ""));
}
