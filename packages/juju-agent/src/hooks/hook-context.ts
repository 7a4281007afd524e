import type { JsonObject, SettableStatus } from "juju-hook-tools";
import type { ActionResults, HookTask } from "juju-hook-tools";
import type { LogLevel } from "charm-kit";
import type { ConfigOptions, ConfigValues } from "../charm/config-options.ts";
import type { AgentState, ConsumedSecret, StatusRecord } from "../state/agent-state.ts";

/** Changes that a context gathers; they come true together when the context ends well. */
export interface PendingChanges {
  /** Open ports as the unit will have them. */
  ports: readonly string[];
  stored: Readonly<Record<string, string>>;
  reboot: boolean;
}

/** What a running action has said of itself; delivered however it ends. */
export interface ActionProgress {
  readonly parameters: JsonObject;
  results: ActionResults;
  failure: string | undefined;
}

/** Effects of hook tools that come true at once and survive the failure of the hook. */
export interface ImmediateEffects {
  setStatus(name: SettableStatus, message: string): Promise<void>;
  setApplicationStatus(name: SettableStatus, message: string): Promise<void>;
  setWorkloadVersion(version: string): Promise<void>;
  log(source: string, level: LogLevel, message: string): void;
  logAction(message: string): Promise<void>;
  /** Remembers what the unit knows of a secret. */
  consume(id: string, secret: ConsumedSecret): Promise<void>;
  /** Kills the process of the context; the hook runs again after the reboot. */
  rebootNow(): void;
}

/** What the hook tools work on while one hook, action or command runs. */
export interface HookContext {
  readonly id: string;
  readonly unit: string;
  readonly application: string;
  readonly task: HookTask;
  readonly isLeader: boolean;
  readonly options: ConfigOptions;
  /** Effective values, as they were when the context began. */
  readonly config: ConfigValues;
  readonly pending: PendingChanges;
  readonly action: ActionProgress | undefined;
  readonly address: NetworkAddress;
  readonly effects: ImmediateEffects;
  /** The model as it is at this moment, without what is pending here. */
  readonly state: () => AgentState;
  readonly status: () => StatusRecord;
}

/** The address by which the machine is reached. */
export interface NetworkAddress {
  readonly interfaceName: string;
  readonly macAddress: string;
  readonly value: string;
  /** For example `10.0.0.0/24`. */
  readonly cidr: string;
}
