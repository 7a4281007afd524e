import type { HookTools, JsonObject } from "../tools/hook-tools.ts";

/** The application's options, read on demand. */
export class CharmConfig<Options extends object = JsonObject> {
  readonly #tools: HookTools;

  constructor(tools: HookTools) {
    this.#tools = tools;
  }

  /** Options with a value or a default. They do not change within a dispatch and are read once. */
  async read(): Promise<Readonly<Options>> {
    return (await this.#tools.configGet()) as Options;
  }
}
