import { flattenResults, type ActionResults } from "./action-results.ts";
import { CharmEvent, type CharmEventParts } from "./charm-event.ts";
import type { HookTools, JsonObject } from "../tools/hook-tools.ts";

/**
 * Somebody runs an action. A handler that throws fails the action with the error's message; the hook process itself
 * still succeeds, so that Juju delivers the results set so far.
 */
export class ActionEvent<
  Params extends object = JsonObject,
  Results extends object = ActionResults,
> extends CharmEvent {
  readonly #tools: HookTools;

  constructor(parts: CharmEventParts, tools: HookTools) {
    super(parts);
    this.#tools = tools;
  }

  /** All parameters; the controller has checked them and filled in the defaults. */
  async params(): Promise<Params> {
    return (await this.#tools.actionGet()) as Params;
  }

  /**
   * Adds results; a key set again is replaced.
   *
   * @throws {@link ActionResultError} when a key is not one that Juju takes.
   */
  async setResults(results: Readonly<Partial<Results>>): Promise<void> {
    await this.#tools.actionSet(flattenResults(results as ActionResults));
  }

  /** Marks the action as failed, with the message its caller sees. The handler goes on. */
  async fail(message: string): Promise<void> {
    await this.#tools.actionFail(message);
  }

  /** Shows progress to the caller at once. */
  async log(message: string): Promise<void> {
    await this.#tools.actionLog(message);
  }
}
