import type { StandardSchemaV1 } from "@standard-schema/spec";
import { parseBySchema, type OutputOf } from "../model/schema.ts";
import { flattenResults, type ActionResults } from "./action-results.ts";
import { CharmEvent, type CharmEventOptions } from "./charm-event.ts";
import type { HookTools, JsonObject } from "../tools/hook-tools.ts";

/**
 * An action is run. It fails in two ways:
 *
 * - On purpose, by {@link fail} or {@link StopWithStatus}: its caller gets the message, and all writes are committed.
 * - By an error that a handler throws: Juju drops all writes, and shows the error's message as standard error, beside its
 *   own message `exit status 1`. The log has the stack.
 *
 * Juju delivers the results set so far in both cases.
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
   * All parameters, validated and converted as a whole by a schema: for rules that `actions.yaml` cannot state.
   *
   * @throws {@link SchemaError}, which names the parameters and none of their values.
   */
  async load<S extends StandardSchemaV1>(schema: S): Promise<OutputOf<S>> {
    return parseBySchema(schema, await this.#tools.actionGet(), `the parameters of ${this.name}`);
  }

  /**
   * Adds results. Setting a key again replaces its value.
   *
   * @throws {@link ActionResultError} when Juju does not accept a key.
   */
  async setResults(results: Readonly<Partial<Results>>): Promise<void> {
    await this.#tools.actionSet(flattenResults(results as ActionResults));
  }

  /**
   * Marks the action as failed, with a message for its caller. The handler continues, and its writes are committed. A
   * later error replaces the message.
   */
  async fail(message: string): Promise<void> {
    await this.#tools.actionFail(message);
  }

  /** Shows progress to the caller immediately. */
  async log(message: string): Promise<void> {
    await this.#tools.actionLog(message);
  }
}
