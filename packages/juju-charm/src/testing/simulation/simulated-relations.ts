import { ToolError, type CurrentRelation, type RelationBackend } from "juju-hook-tools";
import type { DataBag } from "../state/data-bag.ts";
import type { AnyRelation } from "../state/relation.ts";
import { remoteAppOf, remoteUnitsOf } from "../state/relation-members.ts";
import type { RelationScope } from "../../tools/relation-tools.ts";
import type { Ledger } from "./ledger.ts";
import type { Setting } from "./setting.ts";

/** Relations as the hook tools show them; who may read and write what is Juju's. */
export class SimulatedRelations implements RelationBackend {
  readonly #ledger: Ledger;
  readonly #setting: Setting;

  constructor(ledger: Ledger, setting: Setting) {
    this.#ledger = ledger;
    this.#setting = setting;
  }

  current(): CurrentRelation | undefined {
    const { trigger } = this.#setting.event;
    return trigger.family === "relation" ? trigger.facts : undefined;
  }

  /** As in `db:7`, sorted as text; one that is being broken is not among them. */
  ids(endpoint: string): readonly string[] {
    const { trigger } = this.#setting.event;
    const broken =
      trigger.family === "relation" && trigger.facts.phase === "broken" ? trigger.facts.id : undefined;
    return this.#ledger.pending.relations
      .filter((relation) => relation.endpoint === endpoint && relation.id !== broken)
      .map((relation) => `${relation.endpoint}:${relation.id}`)
      .sort();
  }

  has(id: number): boolean {
    return this.#ledger.pending.relations.some((relation) => relation.id === id);
  }

  /** Remote units, sorted as text, without one that departs. A relation that is being broken has none left. */
  units(id: number): readonly string[] {
    const relation = this.#relation(id);
    const { trigger } = this.#setting.event;
    const current = trigger.family === "relation" && trigger.facts.id === id ? trigger.facts : undefined;
    if (current?.phase === "broken") return [];
    const gone = current?.phase === "departed" ? current.remoteUnit : undefined;
    return [...remoteUnitsOf(relation, this.#setting.appName).keys()].filter((unit) => unit !== gone).sort();
  }

  app(id: number): string {
    return remoteAppOf(this.#relation(id), this.#setting.appName);
  }

  /** UUID of the model of the other side. */
  model(id: number): string {
    const relation = this.#relation(id);
    const other = relation.kind === "relation" ? relation.remoteModelUUID : undefined;
    return other ?? this.#ledger.kept.model.uuid;
  }

  /** @throws ToolError when the unit may not read what the member shares. */
  read(id: number, member: string): DataBag {
    const relation = this.#relation(id);
    const { appName, unitName } = this.#setting;
    const bag =
      member === unitName
        ? relation.localUnitData
        : member === appName
          ? this.#ownAppData(relation)
          : remoteData(relation, member, appName);
    if (bag === undefined) throw new ToolError("permission denied");
    return bag;
  }

  /** @throws ToolError when a unit that does not lead writes what the application shares. */
  write(id: number, scope: RelationScope, data: DataBag): void {
    this.#relation(id);
    if (scope === "app" && !this.#ledger.kept.leader) throw new ToolError("cannot write relation settings");
    this.#ledger.buffer((state) => {
      const relation = state.relation(id);
      const member = scope === "app" ? "localAppData" : "localUnitData";
      return state.withRelation(relation.with({ [member]: merged(relation[member], data) }));
    });
  }

  #relation(id: number): AnyRelation {
    return this.#ledger.pending.relation(id);
  }

  /** The leader reads what it has written; other units only what the controller has, and only of peer relations. */
  #ownAppData(relation: AnyRelation): DataBag | undefined {
    if (this.#ledger.kept.leader) return relation.localAppData;
    return relation.kind === "peer" ? this.#ledger.kept.relation(relation.id).localAppData : undefined;
  }
}

function remoteData(relation: AnyRelation, member: string, ownApp: string): DataBag | undefined {
  if (relation.kind !== "peer" && member === relation.remoteApp) return relation.remoteAppData;
  return remoteUnitsOf(relation, ownApp).get(member);
}

/** An empty value takes a key away. */
function merged(old: DataBag, data: DataBag): DataBag {
  return Object.fromEntries(Object.entries({ ...old, ...data }).filter(([, value]) => value !== ""));
}
