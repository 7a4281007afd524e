import type { HookTools, Status } from "../tools/hook-tools.ts";

/** The unit that the charm runs for. */
export class Unit {
  /** `app/n`. */
  readonly name: string;
  readonly #tools: HookTools;

  constructor(name: string, tools: HookTools) {
    this.name = name;
    this.#tools = tools;
  }

  /** Shows a status at once; it stays when the hook fails. */
  async setStatus(status: Status): Promise<void> {
    await this.#tools.statusSet(status);
  }

  /** Tells whether this unit leads its application; good for about 30 seconds. */
  async isLeader(): Promise<boolean> {
    return this.#tools.isLeader();
  }
}
