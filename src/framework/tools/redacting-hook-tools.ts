import type { LogLevel } from "../../support/log.ts";
import type { Redactor } from "../../support/redactor.ts";
import type { Secret } from "../../support/secret.ts";
import type { HookTools, JsonObject, Status } from "./hook-tools.ts";

/**
 * Hook tools that take known secrets out of everything people read: statuses, logs, messages and results of actions.
 * The values of Juju's secrets are known from the moment they are read. Relation data passes as it is.
 */
export class RedactingHookTools implements HookTools {
  readonly #tools: HookTools;
  readonly #redactor: Redactor;

  constructor(tools: HookTools, redactor: Redactor) {
    this.#tools = tools;
    this.#redactor = redactor;
  }

  async configGet(): Promise<JsonObject> {
    return this.#tools.configGet();
  }

  async statusSet(status: Status): Promise<void> {
    await this.#tools.statusSet(this.#scrubStatus(status));
  }

  async applicationStatusSet(status: Status): Promise<void> {
    await this.#tools.applicationStatusSet(this.#scrubStatus(status));
  }

  async statusGet(): Promise<{ readonly name: string; readonly message: string }> {
    return this.#tools.statusGet();
  }

  async isLeader(): Promise<boolean> {
    return this.#tools.isLeader();
  }

  async log(level: LogLevel, message: string): Promise<void> {
    await this.#tools.log(level, this.#redactor.scrub(message));
  }

  async applicationVersionSet(version: string): Promise<void> {
    await this.#tools.applicationVersionSet(this.#redactor.scrub(version));
  }

  async actionGet(): Promise<JsonObject> {
    return this.#tools.actionGet();
  }

  async actionSet(results: Readonly<Record<string, string>>): Promise<void> {
    const scrubbed = Object.entries(results).map(
      ([key, value]) => [key, this.#redactor.scrub(value)] as const,
    );
    await this.#tools.actionSet(Object.fromEntries(scrubbed));
  }

  async actionFail(message: string): Promise<void> {
    await this.#tools.actionFail(this.#redactor.scrub(message));
  }

  async actionLog(message: string): Promise<void> {
    await this.#tools.actionLog(this.#redactor.scrub(message));
  }

  async secretGet(id: string, revision: "tracked" | "latest"): Promise<Readonly<Record<string, Secret>>> {
    const fields = await this.#tools.secretGet(id, revision);
    for (const value of Object.values(fields)) this.#redactor.add(value.reveal());
    return fields;
  }

  async relationIDs(endpoint: string): Promise<readonly number[]> {
    return this.#tools.relationIDs(endpoint);
  }

  async relationUnits(id: number): Promise<readonly string[]> {
    return this.#tools.relationUnits(id);
  }

  async relationGet(id: number, member: string): Promise<Readonly<Record<string, string>>> {
    return this.#tools.relationGet(id, member);
  }

  async relationSet(
    id: number,
    scope: "unit" | "app",
    data: Readonly<Record<string, string>>,
  ): Promise<void> {
    await this.#tools.relationSet(id, scope, data);
  }

  async storageList(name: string): Promise<readonly string[]> {
    return this.#tools.storageList(name);
  }

  async storageGet(id: string): Promise<{ readonly kind: string; readonly location: string }> {
    return this.#tools.storageGet(id);
  }

  async reboot(): Promise<void> {
    await this.#tools.reboot();
  }

  #scrubStatus(status: Status): Status {
    return { name: status.name, message: this.#redactor.scrub(status.message) };
  }
}
