import type { ActionResult } from "./action-results.ts";

/** Strings by name: the data of relations, secrets and unit state. */
export type Texts = Readonly<Record<string, string>>;

/** A status as Juju shows it. */
export interface NamedStatus<Name extends string = string> {
  readonly name: Name;
  readonly message: string;
}

/** Statuses that a charm may set. */
export type SettableStatus = "maintenance" | "blocked" | "waiting" | "active";

/** Levels of `juju-log`. */
export type JujuLogLevel = "CRITICAL" | "ERROR" | "WARNING" | "INFO" | "DEBUG" | "TRACE";

/** The unit and its application. */
export interface UnitBackend {
  config(): Readonly<Record<string, unknown>>;
  /** Names of all options, set or not. */
  optionNames(): readonly string[];
  isLeader(): boolean;
  setStatus(status: NamedStatus<SettableStatus>): void | Promise<void>;
  setAppStatus(status: NamedStatus<SettableStatus>): void | Promise<void>;
  status(): NamedStatus;
  appStatus(): NamedStatus & { readonly units: Readonly<Record<string, NamedStatus>> };
  setWorkloadVersion(version: string): void | Promise<void>;
  log(level: JujuLogLevel, message: string): void;
  reboot(time: "after-hook" | "now"): void;
  /** As `goal-state` prints it. */
  goalState(): object;
  /** As `credential-get` prints it. */
  credential(): object;
}

/** The relation of a relation hook. */
export interface CurrentRelation {
  readonly endpoint: string;
  readonly id: number;
  readonly remoteApp: string | undefined;
  readonly remoteUnit: string | undefined;
}

/** Relations, each identified by its number. */
export interface RelationBackend {
  /** The hook's relation. */
  current(): CurrentRelation | undefined;
  ids(endpoint: string): readonly string[];
  /** Whether the unit is in the relation; the other members are called only for such a relation. */
  has(id: number): boolean;
  units(id: number): readonly string[];
  app(id: number): string;
  model(id: number): string;
  read(id: number, member: string): Texts;
  write(id: number, scope: "unit" | "app", data: Texts): void;
}

/** Identifies a secret by its ID or by its label; with both, the label is set for the ID. */
export interface SecretName {
  readonly id?: string | undefined;
  readonly label?: string | undefined;
}

/** How often Juju asks the owner for a new revision. */
export type Rotation = "never" | "hourly" | "daily" | "weekly" | "monthly" | "quarterly" | "yearly";

/** Changes that an owner makes to a secret. */
export interface SecretChanges {
  readonly content?: Texts | undefined;
  readonly label?: string | undefined;
  readonly description?: string | undefined;
  readonly expires?: Date | undefined;
  readonly rotate?: Rotation | undefined;
}

/** The target of `secret-revoke`. */
export interface Revocation {
  readonly relation?: number | undefined;
  readonly app?: string | undefined;
  readonly unit?: string | undefined;
}

/** A secret as its owner sees it. */
export interface ManagedSecret {
  readonly id: string;
  readonly latestRevision: number;
  readonly owner: "application" | "unit" | undefined;
  readonly label: string | undefined;
  readonly description: string | undefined;
  readonly expires: Date | undefined;
  readonly rotate: Rotation;
  /** As `secret-info-get` prints them. */
  readonly access: readonly object[];
}

/** Secrets, each identified by its bare ID. */
export interface SecretBackend {
  read(name: SecretName, revision: "tracked" | "latest" | "peek"): Texts | Promise<Texts>;
  info(name: SecretName): ManagedSecret;
  ids(): readonly string[];
  /** @returns the URI. */
  add(owner: "application" | "unit", changes: SecretChanges & { readonly content: Texts }): string;
  change(id: string, changes: SecretChanges): void;
  grant(id: string, relation: number, unit: string | undefined): void;
  revoke(id: string, from: Revocation): void;
  remove(id: string, revision: number | undefined): void;
}

/** Networks and ports. */
export interface NetworkBackend {
  info(binding: string): {
    readonly bindAddresses: readonly {
      readonly name: string;
      readonly macAddress: string;
      readonly addresses: readonly {
        readonly hostname: string;
        readonly value: string;
        readonly cidr: string;
      }[];
    }[];
    readonly ingressAddresses: readonly string[];
    readonly egressSubnets: readonly string[];
  };
  address(): string;
  /** @param port as in `80/tcp` */
  open(port: string): void;
  close(port: string): void;
  opened(): readonly string[];
}

/** Storage, resources, and the unit state that the controller stores. */
export interface StorageBackend {
  ids(name?: string): readonly string[];
  get(id: string): { readonly type: string; readonly location: string };
  /** ID of the hook's storage. */
  current(): string | undefined;
  add(name: string, count: number): void;
  resource(name: string): string;
  remembered(): Texts;
  remember(data: Texts): void;
  forget(key: string): void;
}

/** The running action; members throw outside an action. */
export interface ActionBackend {
  params(): Readonly<Record<string, unknown>>;
  set(results: readonly ActionResult[]): void;
  fail(message: string): void;
  log(message: string): void | Promise<void>;
}

/** The backend of the hook tools in one context. Members throw a ToolError with Juju's text where Juju refuses. */
export interface JujuBackend {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly unit: UnitBackend;
  readonly relations: RelationBackend;
  readonly secrets: SecretBackend;
  readonly network: NetworkBackend;
  readonly storage: StorageBackend;
  readonly action: ActionBackend;
}
