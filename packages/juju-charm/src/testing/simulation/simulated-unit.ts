import { ToolError, type UnitBackend, type JsonObject, type JsonValue } from "juju-hook-tools";
import type { LogLevel } from "charm-kit";
import type { Goal, GoalState } from "../../tools/goal-state.ts";
import type { RebootTime } from "../../tools/model-tools.ts";
import type { ShownApplicationStatus, ShownStatus, Status } from "../../tools/status-tools.ts";
import { remoteAppOf, remoteUnitsOf } from "../state/relation-members.ts";
import type { StateTransaction } from "./state-transaction.ts";
import { showCloud } from "./show-cloud.ts";
import type { SideEffects } from "./side-effects.ts";
import type { SimulationOptions } from "./simulation-options.ts";

/** Time of every goal in a goal state, because a test state has no clock. */
const SINCE = "2026-01-01 00:00:00Z";

/** The unit and its application for hook tools. */
export class SimulatedUnit implements UnitBackend {
  readonly #transaction: StateTransaction;
  readonly #options: SimulationOptions;
  readonly #effects: SideEffects;

  constructor(transaction: StateTransaction, options: SimulationOptions, effects: SideEffects) {
    this.#transaction = transaction;
    this.#options = options;
    this.#effects = effects;
  }

  /** Options with a value or a default. */
  config(): JsonObject {
    const values: Record<string, JsonValue> = {};
    for (const [name, option] of Object.entries(this.#options.metadata.options)) {
      if (option.default !== undefined) values[name] = option.default;
    }
    return { ...values, ...this.#transaction.committed.config };
  }

  optionNames(): readonly string[] {
    return Object.keys(this.#options.metadata.options);
  }

  isLeader(): boolean {
    return this.#transaction.committed.leader;
  }

  setStatus(unitStatus: Status): void {
    this.#effects.unitStatuses.push(unitStatus);
    this.#transaction.commit((state) => state.with({ unitStatus }));
  }

  /** @throws ToolError when the unit is not the leader. */
  setAppStatus(appStatus: Status): void {
    if (!this.isLeader()) throw new ToolError("this unit is not the leader");
    this.#effects.appStatuses.push(appStatus);
    this.#transaction.commit((state) => state.with({ appStatus }));
  }

  status(): ShownStatus {
    return this.#transaction.committed.unitStatus;
  }

  /** @throws ToolError when the unit is not the leader. */
  appStatus(): ShownApplicationStatus {
    if (!this.isLeader()) throw new ToolError("finding application status: this unit is not the leader");
    const { appStatus, unitStatus } = this.#transaction.committed;
    return { ...appStatus, units: { [this.#options.unitName]: unitStatus } };
  }

  setWorkloadVersion(workloadVersion: string): void {
    this.#effects.workloadVersions.push(workloadVersion);
    this.#transaction.commit((state) => state.with({ workloadVersion }));
  }

  log(level: LogLevel, message: string): void {
    this.#effects.log.push({ level, message });
  }

  /** @throws ToolError in an action. */
  reboot(time: RebootTime): void {
    if (this.#options.event.trigger.family === "action") {
      throw new ToolError("juju-reboot is not supported when running an action.");
    }
    this.#effects.reboot = time;
    if (time === "now") this.#options.onRebootNow();
  }

  /** All planned units and all remote units, without peer relations. Without planned units, this one is dying. */
  goalState(): GoalState {
    const { plannedUnits, relations, unitStatus } = this.#transaction.committed;
    const goal = (status: string): Goal => ({ status, since: SINCE });
    const { appName, unitName } = this.#options;
    const others = Array.from({ length: plannedUnits }, (_, number) => `${appName}/${number}`)
      .filter((name) => name !== unitName)
      .slice(0, Math.max(0, plannedUnits - 1));
    const units = [
      [unitName, goal(plannedUnits === 0 ? "dying" : unitStatus.name)],
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

  /** @throws ToolError when the application is deployed without `--trust`. */
  credential(): object {
    const { cloudSpec } = this.#transaction.committed.model;
    if (cloudSpec) return showCloud(cloudSpec);
    throw new ToolError("cannot access cloud credentials: permission denied");
  }
}
