import { flattenResults, type ActionResults } from "./action-results.ts";
import { CharmEvent, type CharmEventOptions } from "./charm-event.ts";
import type { HookTools, JsonObject } from "../tools/hook-tools.ts";

/**
 * An action is run. A handler that throws fails the action with the error's message. The process still succeeds, so
 * that Juju delivers the results set so far.
 */
export class ActionEvent<
  Params extends object = JsonObject,
  Results extends object = ActionResults,
> extends CharmEvent {
  /** Juju's number of the action's task, such as `12`; undefined when Juju does not tell it. */
  readonly id: string | undefined;
  readonly #tools: HookTools;

  constructor(options: CharmEventOptions, id: string | undefined, tools: HookTools) {
    super(options);
    this.id = id;
    this.#tools = tools;
  }

  /** All parameters, validated and with defaults from the controller. */
  async params(): Promise<Params> {
    return (await this.#tools.actionGet()) as Params;
  }

  /**
   * Adds results. Setting a key again replaces its value.
   *
   * @throws {@link ActionResultError} when Juju does not accept a key.
   */
  async setResults(results: Readonly<Partial<Results>>): Promise<void> {
    await this.#tools.actionSet(flattenResults(results as ActionResults));
  }

  /** Marks the action as failed, with a message for its caller. The handler continues. */
  async fail(message: string): Promise<void> {
    await this.#tools.actionFail(message);
  }

  /** Shows progress to the caller immediately. */
  async log(message: string): Promise<void> {
    await this.#tools.actionLog(message);
  }
}
