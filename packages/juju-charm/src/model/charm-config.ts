import type { HookTools, JsonObject } from "../tools/hook-tools.ts";

/** The application's options. Nothing is read before somebody asks. */
export class CharmConfig<Options extends object = JsonObject> {
  readonly #tools: HookTools;

  constructor(tools: HookTools) {
    this.#tools = tools;
  }

  /** Options that are set or have a default. Juju's answer does not change within a dispatch and is read once. */
  async read(): Promise<Readonly<Options>> {
    return (await this.#tools.configGet()) as Options;
  }
}
