import { randomUUID } from "node:crypto";

import type { Clock } from "charm-kit";
import type { AgentEvent } from "./agent-event.ts";
import { AgentRequestError } from "./agent-errors.ts";
import { AgentLog } from "./agent-log.ts";
import { AgentPaths } from "./agent-paths.ts";
import type { MachineFacts } from "./machine-facts.ts";
import { withUnit, type AgentState, type ApplicationState, type UnitState } from "./state/agent-state.ts";
import { shownStatus } from "./state/shown-status.ts";
import type { OwnCharm } from "./product.ts";
import { StateStore } from "./state/state-store.ts";

/** Settings and services of a {@link UnitAgent}. */
export interface UnitAgentDependencies {
  /** Absolute path; it contains all files of the agent. */
  readonly stateDirectory: string;
  readonly clock: Clock;
  readonly machine: MachineFacts;
  /** Version of Juju whose hook tools and environment the agent follows. @default {@link DEFAULT_JUJU_VERSION} */
  readonly jujuVersion?: string | undefined;
  /** Called synchronously and in order for log lines, statuses and contexts. */
  readonly onEvent?: (event: AgentEvent) => void;
  /**
   * Program and arguments of the agent's command line, for `juju-exec` in the tools directory. The agent appends the
   * state directory.
   */
  readonly commandLine?: readonly string[];
  /** The charm whose applications follow this archive. @default none */
  readonly ownCharm?: OwnCharm;
}

/** The state directory while this process holds its lock. */
export class AgentSession {
  readonly dependencies: UnitAgentDependencies;
  readonly paths: AgentPaths;
  readonly #store: StateStore;
  readonly #log: AgentLog;

  private constructor(dependencies: UnitAgentDependencies, paths: AgentPaths, store: StateStore) {
    this.dependencies = dependencies;
    this.paths = paths;
    this.#store = store;
    this.#log = new AgentLog(paths.log, dependencies.clock, (line) => {
      dependencies.onEvent?.({ kind: "log", line });
    });
  }

  static async open(dependencies: UnitAgentDependencies): Promise<AgentSession> {
    const paths = new AgentPaths(dependencies.stateDirectory);
    return new AgentSession(dependencies, paths, await StateStore.open(paths.state, initialState));
  }

  get state(): AgentState {
    return this.#store.state;
  }

  /** ISO 8601. */
  get now(): string {
    return new Date(this.dependencies.clock.now()).toISOString();
  }

  /** @throws AgentRequestError */
  unit(name: string): UnitState {
    const unit = this.state.units[name];
    if (unit) return unit;
    throw new AgentRequestError(
      `Cannot find unit "${name}": ${listed("units", Object.keys(this.state.units))}`,
    );
  }

  /** @throws AgentRequestError */
  application(name: string): ApplicationState {
    const application = this.state.applications[name];
    if (application) return application;
    const known = listed("applications", Object.keys(this.state.applications));
    throw new AgentRequestError(`Cannot find application "${name}": ${known}`);
  }

  /** Names of the units of an application, by number. */
  unitsOf(application: string): readonly string[] {
    return Object.values(this.state.units)
      .filter((unit) => unit.application === application)
      .map((unit) => unit.name)
      .sort((left, right) => Number(left.split("/")[1]) - Number(right.split("/")[1]));
  }

  /** Changes the state on disk, then reports the statuses that changed. */
  async update(change: (state: AgentState) => AgentState): Promise<void> {
    const before = this.state.units;
    await this.#store.update(change);
    for (const unit of Object.values(this.state.units)) {
      const previous = before[unit.name];
      const status = shownStatus(unit);
      if (previous && sameStatus(shownStatus(previous), status)) continue;
      this.dependencies.onEvent?.({ kind: "status", unit: unit.name, status });
    }
  }

  /** Changes a unit; a new status belongs to the current boot of the machine. */
  async updateUnit(name: string, change: Partial<UnitState>): Promise<void> {
    const { bootId } = this.dependencies.machine;
    const isNew = change.workload !== undefined && change.workload !== this.state.units[name]?.workload;
    const whole = isNew ? { ...change, statusBootId: bootId } : change;
    await this.update((state) => withUnit(state, name, whole));
  }

  log(...line: Parameters<AgentLog["write"]>): void {
    this.#log.write(...line);
  }
}

function sameStatus(
  left: { name: string; message: string },
  right: { name: string; message: string },
): boolean {
  return left.name === right.name && left.message === right.message;
}

function initialState(): AgentState {
  return {
    format: 1,
    // Juju's default.
    model: { name: "standalone", uuid: randomUUID(), config: { "juju-no-proxy": "127.0.0.1,localhost,::1" } },
    applications: {},
    units: {},
    actions: [],
    nextActionId: 1,
  };
}

function listed(what: string, names: readonly string[]): string {
  return names.length === 0
    ? `there are no ${what}, deploy one first`
    : `the ${what} are ${names.join(", ")}`;
}
