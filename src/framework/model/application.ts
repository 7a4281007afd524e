import type { HookTools, Status } from "../tools/hook-tools.ts";

/** The application that the unit belongs to. */
export class Application {
  readonly name: string;
  readonly #tools: HookTools;

  constructor(name: string, tools: HookTools) {
    this.name = name;
    this.#tools = tools;
  }

  /** Shows the application's status at once. Juju refuses it from a unit that is not the leader. */
  async setStatus(status: Status): Promise<void> {
    await this.#tools.applicationStatusSet(status);
  }

  /** Shows the version of what the charm runs. */
  async setWorkloadVersion(version: string): Promise<void> {
    await this.#tools.applicationVersionSet(version);
  }
}
