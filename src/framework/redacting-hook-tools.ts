import type { LogLevel } from "../support/log.ts";
import type { Redactor } from "../support/redactor.ts";
import type { HookTools, JsonObject, Status } from "./hook-tools.ts";

/** Hook tools that take known secrets out of everything people read: statuses, logs, messages and results of actions. */
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

  #scrubStatus(status: Status): Status {
    return { name: status.name, message: this.#redactor.scrub(status.message) };
  }
}
