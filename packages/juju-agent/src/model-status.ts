import { applicationStatus, shownStatus } from "./state/shown-status.ts";
import type { AgentState, StatusRecord, UnitState, WorkloadStatusName } from "./state/agent-state.ts";

/** A status as `juju status --format json` shows it. */
export interface ShownStatus<Name extends string = WorkloadStatusName> {
  readonly current: Name;
  readonly message?: string;
  readonly since: string;
  /** The machine was started again since: the status may be out of date. */
  readonly "before-last-boot"?: true;
}

/** A unit as `juju status --format json` shows it. */
export interface UnitDescription {
  readonly "workload-status": ShownStatus;
  readonly "juju-status": ShownStatus<"executing" | "idle" | "error">;
  readonly leader: boolean;
  readonly life?: "dying";
  readonly "open-ports": readonly string[];
  readonly "public-address": string;
  readonly "reboot-requested"?: true;
}

/** An application as `juju status --format json` shows it. */
export interface ApplicationDescription {
  readonly charm: string;
  readonly "charm-rev": number;
  readonly "charm-version": string;
  readonly "application-status": ShownStatus;
  readonly version: string;
  readonly units: Readonly<Record<string, UnitDescription>>;
}

/** A model as `juju status --format json` shows it. */
export interface ModelStatus {
  readonly model: { readonly name: string; readonly uuid: string };
  readonly applications: Readonly<Record<string, ApplicationDescription>>;
}

/** Facts about the agent and its machine, for {@link describeModel}. */
export interface StatusFacts {
  /** Whether an agent is running: without one, a hook recorded as running was interrupted. */
  readonly busy: boolean;
  readonly address: string;
  /** Changes with every boot. */
  readonly bootId: string;
}

/** Describes the model as `juju status` does. */
export function describeModel(state: AgentState | undefined, facts: StatusFacts): ModelStatus {
  if (!state) return { model: { name: "standalone", uuid: "" }, applications: {} };
  const seen = facts.busy ? state : withInterrupted(state);
  const applications = Object.values(seen.applications).map((application) => {
    const { charm, name, workloadVersion } = application;
    const units = Object.values(seen.units).filter((unit) => unit.application === name);
    const described: ApplicationDescription = {
      charm: charm.definition.name,
      "charm-rev": charm.revision,
      "charm-version": charm.definition.version,
      "application-status": {
        ...shown(applicationStatus(seen, name)),
        ...beforeBoot(units.some((unit) => isBeforeBoot(unit, facts))),
      },
      version: workloadVersion,
      units: Object.fromEntries(
        units.map((unit) => [unit.name, describeUnit(unit, application.leader === unit.name, facts)]),
      ),
    };
    return [name, described] as const;
  });
  return {
    model: { name: seen.model.name, uuid: seen.model.uuid },
    applications: Object.fromEntries(applications),
  };
}

function withInterrupted(state: AgentState): AgentState {
  const units = Object.values(state.units).map((unit): readonly [string, UnitState] => {
    const { operation } = unit;
    if (operation.kind !== "hook" || operation.step !== "running") return [unit.name, unit];
    return [unit.name, { ...unit, operation: { ...operation, step: "interrupted" } }];
  });
  return { ...state, units: Object.fromEntries(units) };
}

function isBeforeBoot({ statusBootId }: UnitState, { bootId }: StatusFacts): boolean {
  return statusBootId !== undefined && statusBootId !== bootId;
}

function beforeBoot(isOld: boolean): Pick<ShownStatus, "before-last-boot"> {
  return isOld ? { "before-last-boot": true } : {};
}

function describeUnit(unit: UnitState, leader: boolean, facts: StatusFacts): UnitDescription {
  return {
    "workload-status": { ...shown(shownStatus(unit)), ...beforeBoot(isBeforeBoot(unit, facts)) },
    "juju-status": agentStatus(unit),
    leader,
    ...(unit.life === "dying" ? { life: "dying" } : {}),
    "open-ports": unit.ports,
    "public-address": facts.address,
    ...(unit.rebootRequested ? { "reboot-requested": true } : {}),
  };
}

function agentStatus({ operation, agentSince: since }: UnitState): UnitDescription["juju-status"] {
  if (operation.kind === "continue") return { current: "idle", since };
  if (operation.kind === "deploy") return { current: "executing", message: "deploying the charm", since };
  // Juju shows the failure of a hook as the status of the workload and the agent as idle.
  if (operation.step === "failed" || operation.step === "interrupted") return { current: "idle", since };
  if (operation.hook === "update-status") return { current: "idle", since };
  return { current: "executing", message: `running ${operation.hook} hook`, since };
}

function shown({ name, message, since }: StatusRecord): ShownStatus {
  return { current: name, ...(message === "" ? {} : { message }), since };
}
