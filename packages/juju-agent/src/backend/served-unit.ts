import {
  ToolError,
  type JujuLogLevel,
  type NamedStatus,
  type SettableStatus,
  type UnitBackend,
} from "juju-hook-tools";
import type { ConfigValues } from "../charm/config-options.ts";
import type { HookContext } from "../hooks/hook-context.ts";
import type { StatusRecord, UnitState } from "../state/agent-state.ts";
import { applicationStatus, shownStatus } from "../state/shown-status.ts";

/** The unit of a context and its application. */
export class ServedUnit implements UnitBackend {
  readonly #context: HookContext;

  constructor(context: HookContext) {
    this.#context = context;
  }

  config(): ConfigValues {
    return this.#context.config;
  }

  optionNames(): readonly string[] {
    return Object.keys(this.#context.options);
  }

  isLeader(): boolean {
    return this.#context.isLeader;
  }

  async setStatus({ name, message }: NamedStatus<SettableStatus>): Promise<void> {
    await this.#context.effects.setStatus(name, message);
  }

  /** @throws ToolError when the unit is not the leader */
  async setAppStatus({ name, message }: NamedStatus<SettableStatus>): Promise<void> {
    if (!this.isLeader()) throw new ToolError("this unit is not the leader");
    await this.#context.effects.setApplicationStatus(name, message);
  }

  status(): StatusRecord {
    return this.#context.status();
  }

  /** @throws ToolError when the unit is not the leader */
  appStatus(): StatusRecord & { readonly units: Readonly<Record<string, StatusRecord>> } {
    if (!this.isLeader()) throw new ToolError("finding application status: this unit is not the leader");
    const units = this.#units().map((unit) => [unit.name, shownStatus(unit)] as const);
    const { state, application } = this.#context;
    return { ...applicationStatus(state(), application), units: Object.fromEntries(units) };
  }

  async setWorkloadVersion(version: string): Promise<void> {
    await this.#context.effects.setWorkloadVersion(version);
  }

  log(level: JujuLogLevel, message: string): void {
    this.#context.effects.log("juju-log", level, message);
  }

  /** @throws ToolError in an action. */
  reboot(time: "after-hook" | "now"): void {
    const { task, pending, effects } = this.#context;
    if (task.kind === "action") throw new ToolError("juju-reboot is not supported when running an action.");
    pending.reboot = true;
    if (time === "now") effects.rebootNow();
  }

  goalState(): object {
    const units = this.#units().map((unit) => {
      const status = shownStatus(unit);
      const since = `${status.since.slice(0, 19).replace("T", " ")}Z`;
      return [unit.name, { status: unit.life === "dying" ? "dying" : status.name, since }] as const;
    });
    return { units: Object.fromEntries(units), relations: {} };
  }

  /** @throws ToolError always: no application has cloud credentials */
  credential(): never {
    throw new ToolError("cannot access cloud credentials: permission denied");
  }

  #units(): readonly UnitState[] {
    const { state, application } = this.#context;
    return Object.values(state().units).filter((unit) => unit.application === application);
  }
}
