import type { HookTools, JsonObject, Status } from "../../src/framework/tools/hook-tools.ts";
import type { LogLevel } from "../../src/support/log.ts";
import { Secret } from "../../src/support/secret.ts";

/** A unit agent in memory: what the charm may read is set by the test, what it wrote is there to be looked at. */
export class FakeHookTools implements HookTools {
  config: JsonObject = {};
  leader = false;
  params: JsonObject = {};
  /** Fields of the secrets, by secret URI. */
  readonly secrets = new Map<string, Readonly<Record<string, string>>>();
  /** Relation numbers by endpoint. */
  readonly relations = new Map<string, readonly number[]>();
  /** What members share: by relation number, then by name of the unit or application. */
  readonly relationData = new Map<number, Record<string, Record<string, string>>>();
  /** Locations by storage, as in `runner/0`. */
  readonly storages = new Map<string, string>();

  readonly statuses: Status[] = [];
  readonly applicationStatuses: Status[] = [];
  readonly lines: string[] = [];
  readonly results: Record<string, string> = {};
  readonly progress: string[] = [];
  /** What was shared: by `<relation number> <unit or app>`. */
  readonly shared = new Map<string, Readonly<Record<string, string>>>();
  failure: string | undefined;
  version: string | undefined;
  reboots = 0;
  /** Every tool that was called, in order. */
  readonly calls: string[] = [];
  readonly #failures = new Map<string, Error>();

  /** Makes every call of a member throw. */
  fail(member: keyof HookTools, error: Error): void {
    this.#failures.set(member, error);
  }

  async configGet(): Promise<JsonObject> {
    return this.#call("configGet", () => this.config);
  }

  async statusSet(status: Status): Promise<void> {
    return this.#call("statusSet", () => void this.statuses.push(status));
  }

  async applicationStatusSet(status: Status): Promise<void> {
    return this.#call("applicationStatusSet", () => void this.applicationStatuses.push(status));
  }

  async statusGet(): Promise<{ readonly name: string; readonly message: string }> {
    return this.#call("statusGet", () => this.statuses.at(-1) ?? { name: "unknown", message: "" });
  }

  async isLeader(): Promise<boolean> {
    return this.#call("isLeader", () => this.leader);
  }

  async log(level: LogLevel, message: string): Promise<void> {
    return this.#call("log", () => void this.lines.push(`${level} ${message}`));
  }

  async applicationVersionSet(version: string): Promise<void> {
    return this.#call("applicationVersionSet", () => {
      this.version = version;
    });
  }

  async actionGet(): Promise<JsonObject> {
    return this.#call("actionGet", () => this.params);
  }

  async actionSet(results: Readonly<Record<string, string>>): Promise<void> {
    return this.#call("actionSet", () => void Object.assign(this.results, results));
  }

  async actionFail(message: string): Promise<void> {
    return this.#call("actionFail", () => {
      this.failure = message;
    });
  }

  async actionLog(message: string): Promise<void> {
    return this.#call("actionLog", () => void this.progress.push(message));
  }

  async secretGet(id: string): Promise<Readonly<Record<string, Secret>>> {
    return this.#call("secretGet", () => {
      const fields = this.secrets.get(id);
      if (!fields) throw new Error(`secret "${id}" not found`);
      return Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, new Secret(value)]));
    });
  }

  async relationIDs(endpoint: string): Promise<readonly number[]> {
    return this.#call("relationIDs", () => this.relations.get(endpoint) ?? []);
  }

  async relationUnits(id: number): Promise<readonly string[]> {
    return this.#call("relationUnits", () =>
      Object.keys(this.relationData.get(id) ?? {}).filter((member) => member.includes("/")),
    );
  }

  async relationGet(id: number, member: string): Promise<Readonly<Record<string, string>>> {
    return this.#call("relationGet", () => this.relationData.get(id)?.[member] ?? {});
  }

  async relationSet(
    id: number,
    scope: "unit" | "app",
    data: Readonly<Record<string, string>>,
  ): Promise<void> {
    return this.#call("relationSet", () => {
      const key = `${id} ${scope}`;
      const merged = Object.entries({ ...this.shared.get(key), ...data }).filter(([, value]) => value !== "");
      this.shared.set(key, Object.fromEntries(merged));
    });
  }

  async storageList(name: string): Promise<readonly string[]> {
    return this.#call("storageList", () =>
      [...this.storages.keys()].filter((id) => id.startsWith(`${name}/`)),
    );
  }

  async storageGet(id: string): Promise<{ readonly kind: string; readonly location: string }> {
    return this.#call("storageGet", () => {
      const location = this.storages.get(id);
      if (location === undefined) throw new Error(`storage "${id}" not found`);
      return { kind: "filesystem", location };
    });
  }

  async reboot(): Promise<void> {
    return this.#call("reboot", () => {
      this.reboots += 1;
    });
  }

  /** Resolves a turn later, as a real tool does. */
  async #call<T>(member: keyof HookTools, work: () => T): Promise<T> {
    this.calls.push(member);
    await Promise.resolve();
    const failure = this.#failures.get(member);
    if (failure) throw failure;
    return work();
  }
}
