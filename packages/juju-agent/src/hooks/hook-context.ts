import type { JsonObject, JujuDifferences, SettableStatus } from "juju-hook-tools";
import type { ActionResults, HookTask } from "juju-hook-tools";
import type { LogLevel } from "charm-kit";
import type { ConfigOptions, ConfigValues } from "../charm/config-options.ts";
import type { AgentState, ConsumedSecret, StatusRecord } from "../state/agent-state.ts";

/** Changes that are committed together when the context succeeds. */
export interface PendingChanges {
  /** The unit's open ports after the commit. */
  ports: readonly string[];
  stored: Readonly<Record<string, string>>;
  reboot: boolean;
  /** Why the controller would refuse all pending changes. */
  refusal: string | undefined;
}

/** Results and failure of a running action; recorded even when its process fails. */
export interface ActionProgress {
  readonly parameters: JsonObject;
  results: ActionResults;
  failure: string | undefined;
}

/** Effects of hook tools that take effect at once, even when the hook fails later. */
export interface ImmediateEffects {
  setStatus(name: SettableStatus, message: string): Promise<void>;
  setApplicationStatus(name: SettableStatus, message: string): Promise<void>;
  setWorkloadVersion(version: string): Promise<void>;
  log(source: string, level: LogLevel, message: string): void;
  logAction(message: string): Promise<void>;
  /** Records which revision of a secret the unit has read. */
  consume(id: string, secret: ConsumedSecret): Promise<void>;
  /** Kills the process of the context; the hook runs again after the reboot. */
  rebootNow(): void;
}

/** Data of the hook tools while one hook, action or command runs. */
export interface HookContext {
  readonly id: string;
  readonly differences: JujuDifferences;
  readonly unit: string;
  readonly application: string;
  readonly task: HookTask;
  readonly isLeader: boolean;
  readonly options: ConfigOptions;
  /** Effective values at the start of the context. */
  readonly config: ConfigValues;
  readonly pending: PendingChanges;
  readonly action: ActionProgress | undefined;
  readonly address: NetworkAddress;
  readonly effects: ImmediateEffects;
  /** The current model, without the pending changes of this context. */
  readonly state: () => AgentState;
  readonly status: () => StatusRecord;
}

/** The machine's main address. */
export interface NetworkAddress {
  readonly interfaceName: string;
  readonly macAddress: string;
  readonly value: string;
  /** For example `10.0.0.0/24`. */
  readonly cidr: string;
}
