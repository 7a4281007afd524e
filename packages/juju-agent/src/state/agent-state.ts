import type { JsonObject } from "juju-hook-tools";
import type { Texts } from "juju-hook-tools";
import type { CharmDefinition } from "../charm/charm-definition.ts";
import type { ConfigValues } from "../charm/config-options.ts";
import type { HookRun } from "../hooks/hook-names.ts";

/** Statuses that `status` may show for a workload. */
export type WorkloadStatusName =
  "active" | "waiting" | "maintenance" | "blocked" | "unknown" | "terminated" | "error";

/** A status, and when it was set. */
export interface StatusRecord<Name extends string = WorkloadStatusName> {
  readonly name: Name;
  readonly message: string;
  /** When it was set, in ISO 8601. */
  readonly since: string;
}

/** The unit's current operation, written before it starts so that a killed agent can resume it. */
export type Operation =
  | { readonly kind: "continue" }
  | { readonly kind: "deploy"; readonly then: Operation }
  | ({
      readonly kind: "hook";
      /** `running` without a running agent means that the agent was killed: the hook was interrupted, and runs again. */
      readonly step: "queued" | "running" | "interrupted" | "failed";
    } & HookRun);

export interface ModelState {
  readonly name: string;
  readonly uuid: string;
  readonly config: Readonly<Record<string, string>>;
}

export interface ApplicationState {
  readonly name: string;
  readonly charm: DeployedCharm;
  /** Only the options that were set; defaults are in the charm. */
  readonly config: ConfigValues;
  /** Name of the leading unit. */
  readonly leader: string;
  readonly status?: StatusRecord;
  readonly workloadVersion: string;
}

export interface DeployedCharm {
  readonly definition: CharmDefinition;
  /** Number of the archive in this application, from 0. */
  readonly revision: number;
  /** SHA-256 of the archive; also the name of its copy in the state directory. */
  readonly digest: string;
  /** Whether it is the charm of the agent's program, and follows it. @default false */
  readonly isOwn?: boolean;
}

export interface UnitState {
  readonly name: string;
  readonly application: string;
  readonly life: "alive" | "dying";
  readonly operation: Operation;
  readonly installed: boolean;
  readonly started: boolean;
  readonly stopped: boolean;
  readonly removed: boolean;
  readonly leader: boolean;
  readonly leaderSettingsSeen: boolean;
  /** Whether the charm has ever set the status. */
  readonly statusSet: boolean;
  readonly configHash?: string;
  readonly charmRevision?: number;
  /** Boot ID of the machine when the unit was started. */
  readonly bootId?: string;
  readonly workload: StatusRecord;
  /** Boot ID of the machine when `workload` was set. Absent in states of older agents. */
  readonly statusBootId?: string;
  readonly agentSince: string;
  /** Open ports as `opened-ports` prints them. */
  readonly ports: readonly string[];
  /** Data of `state-set`. */
  readonly stored: Readonly<Record<string, string>>;
  /** Secrets that the unit has read, by their IDs. @default none */
  readonly consumed?: Readonly<Record<string, ConsumedSecret>>;
  readonly rebootRequested: boolean;
  /** Context whose processes may still run after a kill of the agent. */
  readonly runningContext?: string | undefined;
}

/** A user secret, as `juju add-secret` creates it. */
export interface ModelSecret {
  /** 20 digits and small letters. */
  readonly id: string;
  readonly name: string;
  /** Counts from 1. */
  readonly latestRevision: number;
  /** Content by revision: the latest one, and those that units still track. */
  readonly revisions: Readonly<Record<number, Texts>>;
  /** Applications that may read it. */
  readonly grants: readonly string[];
}

/** A unit's view of a secret that it has read. */
export interface ConsumedSecret {
  /** The revision that the unit reads until it asks for the latest. */
  readonly tracked: number;
  /** The newest revision that the unit has read or got a secret-changed for. */
  readonly told: number;
  /** The unit's label for the secret. */
  readonly label?: string;
}

/** An action that was run, and its outcome. */
export interface ActionRecord {
  readonly id: string;
  readonly unit: string;
  readonly name: string;
  readonly parameters: JsonObject;
  readonly status: "running" | "completed" | "failed" | "aborted" | "error";
  readonly message: string;
  readonly results: JsonObject;
  readonly log: readonly string[];
}

/** The whole state of the agent; `state.json` in the state directory. */
export interface AgentState {
  readonly format: 1;
  readonly model: ModelState;
  readonly applications: Readonly<Record<string, ApplicationState>>;
  readonly units: Readonly<Record<string, UnitState>>;
  /** By their IDs. @default none */
  readonly secrets?: Readonly<Record<string, ModelSecret>>;
  readonly actions: readonly ActionRecord[];
  readonly nextActionId: number;
}

/** Changes one unit in a state. */
export function withUnit(state: AgentState, name: string, change: Partial<UnitState>): AgentState {
  const unit = state.units[name];
  if (unit === undefined) return state;
  return { ...state, units: { ...state.units, [name]: { ...unit, ...change } } };
}

/** Changes one application in a state. */
export function withApplication(
  state: AgentState,
  name: string,
  change: Partial<ApplicationState>,
): AgentState {
  const application = state.applications[name];
  if (application === undefined) return state;
  return { ...state, applications: { ...state.applications, [name]: { ...application, ...change } } };
}
