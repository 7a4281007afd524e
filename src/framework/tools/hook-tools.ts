import type { LogLevel } from "../../support/log.ts";
import type { Secret } from "../../support/secret.ts";

/** Statuses that a charm may set. */
export type StatusName = "active" | "waiting" | "maintenance" | "blocked";

export interface Status {
  readonly name: StatusName;
  readonly message: string;
}

/** A value of `config-get` or `action-get`, as JSON gives it. */
export type JsonValue =
  string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };

export type JsonObject = Readonly<Record<string, JsonValue>>;

/**
 * What a charm asks of Juju, one member for each hook tool it needs.
 *
 * The commands and their answers are those of the Juju hook tools (`config-get`, `status-set`, ...). Every call may
 * throw {@link HookToolError}. An implementation may answer a repeated read from memory within one dispatch.
 */
export interface HookTools {
  /** `config-get --format=json`: options that are set or have a default. */
  configGet(): Promise<JsonObject>;
  /** `status-set`: immediate, and kept when the hook fails. */
  statusSet(status: Status): Promise<void>;
  /** `status-set --application`: leaders only. */
  applicationStatusSet(status: Status): Promise<void>;
  /** `status-get --include-data --format=json`. The name may also be one that Juju sets itself. */
  statusGet(): Promise<{ readonly name: string; readonly message: string }>;
  /** `is-leader --format=json`. */
  isLeader(): Promise<boolean>;
  /** `juju-log`. */
  log(level: LogLevel, message: string): Promise<void>;
  /** `application-version-set`. */
  applicationVersionSet(version: string): Promise<void>;
  /** `action-get --format=json`: all parameters of the running action. */
  actionGet(): Promise<JsonObject>;
  /** `action-set`: dotted keys nest. */
  actionSet(results: Readonly<Record<string, string>>): Promise<void>;
  /** `action-fail`. */
  actionFail(message: string): Promise<void>;
  /** `action-log`: progress that the person sees at once. */
  actionLog(message: string): Promise<void>;
  /**
   * `secret-get --format=json`: the fields of a secret that was granted to the unit.
   *
   * @param id a secret URI in any of Juju's forms.
   * @param revision `tracked` is the revision seen before; `latest` moves on to the newest and tracks that one.
   */
  secretGet(id: string, revision: "tracked" | "latest"): Promise<Readonly<Record<string, Secret>>>;
  /** `relation-ids --format=json`: the numbers of an endpoint's relations. */
  relationIDs(endpoint: string): Promise<readonly number[]>;
  /** `relation-list --format=json`: the remote units of a relation. */
  relationUnits(id: number): Promise<readonly string[]>;
  /**
   * `relation-get --format=json`: what a member shares.
   *
   * @param member name of a unit, or of an application for what its leader shares.
   */
  relationGet(id: number, member: string): Promise<Readonly<Record<string, string>>>;
  /**
   * `relation-set`: shares data once the hook succeeds. An empty value takes a key away.
   *
   * @param scope whose data it is; `app` is for leaders only.
   */
  relationSet(id: number, scope: "unit" | "app", data: Readonly<Record<string, string>>): Promise<void>;
  /** `storage-list --format=json`: the attached storages of a name, each as `name/n`. */
  storageList(name: string): Promise<readonly string[]>;
  /** `storage-get --format=json`: where a storage is, as a mount point or a block device. */
  storageGet(id: string): Promise<{ readonly kind: string; readonly location: string }>;
  /** `juju-reboot`: restarts the machine once the hook succeeds; refused in actions. */
  reboot(): Promise<void>;
}
