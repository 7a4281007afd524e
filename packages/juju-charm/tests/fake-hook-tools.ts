import type { HookTools, JsonObject, Status } from "../src/tools/hook-tools.ts";
import type { ShownApplicationStatus, ShownStatus } from "../src/tools/status-tools.ts";
import { RelationNotFoundError } from "../src/tools/hook-tool-refusals.ts";
import type { LogLevel } from "charm-kit";
import { FakeModelTools } from "./fake-model-tools.ts";

/** A unit agent in memory. The test sets values for the charm to read, and inspects its writes. */
export class FakeHookTools extends FakeModelTools implements HookTools {
  config: JsonObject = {};
  leader = false;
  params: JsonObject = {};
  /** Relation numbers by endpoint. */
  readonly relations = new Map<string, readonly number[]>();
  /** Relation data, by relation number and name of the unit or application. */
  readonly relationData = new Map<number, Record<string, Record<string, string>>>();
  /** UUIDs of remote models, by relation number. */
  readonly remoteModels = new Map<number, string>();

  readonly statuses: Status[] = [];
  readonly applicationStatuses: Status[] = [];
  readonly lines: string[] = [];
  readonly results: Record<string, string> = {};
  readonly progress: string[] = [];
  /** Written relation data, by `<relation number> <unit or app>`. */
  readonly shared = new Map<string, Readonly<Record<string, string>>>();
  failure: string | undefined;
  version: string | undefined;
  async configGet(): Promise<JsonObject> {
    return this.call("configGet", () => this.config);
  }

  async statusSet(status: Status): Promise<void> {
    return this.call("statusSet", () => void this.statuses.push(status));
  }

  async applicationStatusSet(status: Status): Promise<void> {
    return this.call("applicationStatusSet", () => void this.applicationStatuses.push(status));
  }

  async statusGet(): Promise<ShownStatus> {
    return this.call("statusGet", () => this.statuses.at(-1) ?? { name: "unknown", message: "" });
  }

  async applicationStatusGet(): Promise<ShownApplicationStatus> {
    const unknown = { name: "unknown", message: "" };
    return this.call("applicationStatusGet", () => ({
      ...(this.applicationStatuses.at(-1) ?? unknown),
      units: {},
    }));
  }

  async isLeader(): Promise<boolean> {
    return this.call("isLeader", () => this.leader);
  }

  async log(level: LogLevel, message: string): Promise<void> {
    return this.call("log", () => void this.lines.push(`${level} ${message}`));
  }

  async applicationVersionSet(version: string): Promise<void> {
    return this.call("applicationVersionSet", () => {
      this.version = version;
    });
  }

  async actionGet(): Promise<JsonObject> {
    return this.call("actionGet", () => this.params);
  }

  async actionSet(results: Readonly<Record<string, string>>): Promise<void> {
    return this.call("actionSet", () => void Object.assign(this.results, results));
  }

  async actionFail(message: string): Promise<void> {
    return this.call("actionFail", () => {
      this.failure = message;
    });
  }

  async actionLog(message: string): Promise<void> {
    return this.call("actionLog", () => void this.progress.push(message));
  }

  async relationIDs(endpoint: string): Promise<readonly number[]> {
    return this.call("relationIDs", () => this.relations.get(endpoint) ?? []);
  }

  async relationUnits(id: number): Promise<readonly string[]> {
    return this.call("relationUnits", () =>
      Object.keys(this.#relation("relation-list", id)).filter((member) => member.includes("/")),
    );
  }

  async relationGet(id: number, member: string): Promise<Readonly<Record<string, string>>> {
    return this.call("relationGet", () => this.#relation("relation-get", id)[member] ?? {});
  }

  async relationSet(
    id: number,
    scope: "unit" | "app",
    data: Readonly<Record<string, string>>,
  ): Promise<void> {
    return this.call("relationSet", () => {
      this.#relation("relation-set", id);
      const key = `${id} ${scope}`;
      const merged = Object.entries({ ...this.shared.get(key), ...data }).filter(([, value]) => value !== "");
      this.shared.set(key, Object.fromEntries(merged));
    });
  }

  async relationApp(id: number): Promise<string | undefined> {
    return this.call("relationApp", () =>
      Object.keys(this.#relation("relation-list", id)).at(0)?.replace(/\/.*/, ""),
    );
  }

  async relationModel(id: number): Promise<string> {
    return this.call("relationModel", () => {
      this.#relation("relation-model-get", id);
      return this.remoteModels.get(id) ?? "";
    });
  }

  /** The data of a relation, which is known by its data or by its endpoint. */
  #relation(tool: string, id: number): Record<string, Record<string, string>> {
    const found = this.relationData.get(id);
    if (found) return found;
    if ([...this.relations.values()].flat().includes(id)) return {};
    throw new RelationNotFoundError(tool, { exitCode: 2, stderr: "ERROR relation not found" });
  }
}
