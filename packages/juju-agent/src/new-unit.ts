import { AgentRequestError } from "./agent-errors.ts";
import { changeConfig, type ConfigChange } from "./charm/config-options.ts";
import { queued } from "./hooks/hook-effects.ts";
import type { AgentState, ApplicationState, DeployedCharm, UnitState } from "./state/agent-state.ts";

export interface NewUnitOptions {
  readonly application: string;
  readonly charm: DeployedCharm;
  readonly config?: ConfigChange;
  readonly unitNumber?: number;
}

/** A unit to add: its name, and the state that contains it. */
export interface NewUnit {
  readonly name: string;
  /** @param now ISO 8601 */
  readonly state: (now: string) => AgentState;
}

const APPLICATION_NAME = /^[a-z][a-z0-9]*(-[a-z0-9]*[a-z][a-z0-9]*)*$/;

/**
 * Adds a unit, and its application with the first unit; options given for an existing application are changed. A unit whose
 * deployment did not end is taken again: a repeated deployment continues it.
 *
 * @throws AgentRequestError where `juju deploy` refuses
 */
export function newUnit(state: AgentState, options: NewUnitOptions): NewUnit {
  const { application, charm } = options;
  if (!APPLICATION_NAME.test(application)) {
    throw new AgentRequestError(`Cannot deploy: invalid application name "${application}"`);
  }
  const existing = state.applications[application];
  if (existing && existing.charm.digest !== charm.digest) {
    throw new AgentRequestError(
      `Cannot deploy: application "${application}" already exists, refresh it or choose a name`,
    );
  }
  const name = unfinishedUnit(state, options) ?? nextUnit(state, options);
  const unit = state.units[name];
  if (unit && (unit.started || unit.life === "dying"))
    throw new AgentRequestError(`Cannot deploy: unit "${name}" already exists`);
  const owner = existing ? withConfig(existing, options) : newApplication(name, options);
  return { name, state: (now) => withNewUnit(state, owner, unit ?? freshUnit(name, application, now)) };
}

function unfinishedUnit(state: AgentState, { application, unitNumber }: NewUnitOptions): string | undefined {
  return Object.values(state.units).find(
    (unit) =>
      unit.application === application &&
      unit.life === "alive" &&
      !unit.started &&
      (unitNumber === undefined || unit.name === `${application}/${unitNumber}`),
  )?.name;
}

function nextUnit(state: AgentState, { application, unitNumber }: NewUnitOptions): string {
  return `${application}/${unitNumber ?? freeNumber(state, application)}`;
}

function withConfig(existing: ApplicationState, { charm, config }: NewUnitOptions): ApplicationState {
  return { ...existing, config: changeConfig(charm.definition.options, existing.config, config ?? {}) };
}

function newApplication(leader: string, { application, charm, config }: NewUnitOptions): ApplicationState {
  const values = changeConfig(charm.definition.options, {}, config ?? {});
  return { name: application, charm, config: values, leader, workloadVersion: "" };
}

function withNewUnit(state: AgentState, owner: ApplicationState, unit: UnitState): AgentState {
  return {
    ...state,
    applications: { ...state.applications, [owner.name]: owner },
    units: { ...state.units, [unit.name]: unit },
  };
}

function freshUnit(name: string, application: string, now: string): UnitState {
  return {
    name,
    application,
    life: "alive",
    operation: { kind: "deploy", then: queued("install") },
    installed: false,
    started: false,
    stopped: false,
    removed: false,
    leader: false,
    leaderSettingsSeen: false,
    statusSet: false,
    workload: { name: "waiting", message: "agent initialising", since: now },
    agentSince: now,
    ports: [],
    stored: {},
    rebootRequested: false,
  };
}

function freeNumber(state: AgentState, application: string): number {
  const numbers = Object.values(state.units)
    .filter((unit) => unit.application === application)
    .map((unit) => Number(unit.name.split("/")[1]));
  return Math.max(-1, ...numbers) + 1;
}
