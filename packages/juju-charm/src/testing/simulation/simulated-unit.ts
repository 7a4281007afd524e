import { ToolError, type UnitBackend, type JsonObject, type JsonValue } from "juju-hook-tools";
import type { LogLevel } from "charm-kit";
import type { Goal, GoalState } from "../../tools/goal-state.ts";
import type { RebootTime } from "../../tools/model-tools.ts";
import type { ShownApplicationStatus, ShownStatus, Status } from "../../tools/status-tools.ts";
import { remoteAppOf, remoteUnitsOf } from "../state/relation-members.ts";
import type { Ledger } from "./ledger.ts";
import { showCloud } from "./show-cloud.ts";
import type { SideEffects } from "./side-effects.ts";
import type { Setting } from "./setting.ts";

/** Time at which everything in a goal state began: there is no clock in a state. */
const SINCE = "2026-01-01 00:00:00Z";

/** The unit and its application as the hook tools show them. */
export class SimulatedUnit implements UnitBackend {
  readonly #ledger: Ledger;
  readonly #setting: Setting;
  readonly #effects: SideEffects;

  constructor(ledger: Ledger, setting: Setting, effects: SideEffects) {
    this.#ledger = ledger;
    this.#setting = setting;
    this.#effects = effects;
  }

  /** Options that are set or have a default. */
  config(): JsonObject {
    const values: Record<string, JsonValue> = {};
    for (const [name, option] of Object.entries(this.#setting.metadata.options)) {
      if (option.default !== undefined) values[name] = option.default;
    }
    return { ...values, ...this.#ledger.kept.config };
  }

  optionNames(): readonly string[] {
    return Object.keys(this.#setting.metadata.options);
  }

  isLeader(): boolean {
    return this.#ledger.kept.leader;
  }

  setStatus(unitStatus: Status): void {
    this.#effects.unitStatuses.push(unitStatus);
    this.#ledger.keep((state) => state.with({ unitStatus }));
  }

  /** @throws ToolError when the unit does not lead. */
  setAppStatus(appStatus: Status): void {
    if (!this.isLeader()) throw new ToolError("this unit is not the leader");
    this.#effects.appStatuses.push(appStatus);
    this.#ledger.keep((state) => state.with({ appStatus }));
  }

  status(): ShownStatus {
    return this.#ledger.kept.unitStatus;
  }

  /** @throws ToolError when the unit does not lead. */
  appStatus(): ShownApplicationStatus {
    if (!this.isLeader()) throw new ToolError("finding application status: this unit is not the leader");
    const { appStatus, unitStatus } = this.#ledger.kept;
    return { ...appStatus, units: { [this.#setting.unitName]: unitStatus } };
  }

  setWorkloadVersion(workloadVersion: string): void {
    this.#effects.workloadVersions.push(workloadVersion);
    this.#ledger.keep((state) => state.with({ workloadVersion }));
  }

  log(level: LogLevel, message: string): void {
    this.#effects.log.push({ level, message });
  }

  /** @throws ToolError in an action. */
  reboot(time: RebootTime): void {
    if (this.#setting.event.trigger.family === "action") {
      throw new ToolError("juju-reboot is not supported when running an action.");
    }
    this.#effects.reboot = time;
    if (time === "now") this.#setting.onRebootNow();
  }

  /** Every planned unit and every remote unit is there; peer relations are not told. */
  goalState(): GoalState {
    const { plannedUnits, relations, unitStatus } = this.#ledger.kept;
    const goal = (status: string): Goal => ({ status, since: SINCE });
    const { appName, unitName } = this.#setting;
    const others = Array.from({ length: plannedUnits }, (_, number) => `${appName}/${number}`)
      .filter((name) => name !== unitName)
      .slice(0, plannedUnits - 1);
    const units = [
      [unitName, goal(unitStatus.name)],
      ...others.map((name) => [name, goal("active")] as const),
    ] as const;
    const remote: Record<string, Record<string, Goal>> = {};
    for (const relation of relations) {
      if (relation.kind === "peer") continue;
      const goals = (remote[relation.endpoint] ??= {});
      const members = [remoteAppOf(relation, appName), ...remoteUnitsOf(relation, appName).keys()];
      for (const member of members) goals[member] = goal(member.includes("/") ? "active" : "joined");
    }
    return { units: Object.fromEntries<Goal>(units), relations: remote };
  }

  /** @throws ToolError when the application is not trusted with its cloud. */
  credential(): object {
    const { cloudSpec } = this.#ledger.kept.model;
    if (cloudSpec) return showCloud(cloudSpec);
    throw new ToolError("cannot access cloud credentials: permission denied");
  }
}
