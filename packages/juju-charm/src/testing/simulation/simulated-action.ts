import {
  withResults,
  ToolError,
  type ActionResult,
  type ActionBackend,
  type JsonObject,
  type JsonValue,
} from "juju-hook-tools";
import { isRecord } from "charm-kit";
import type { ParameterSchema } from "../../metadata/metadata.ts";
import type { SideEffects } from "./side-effects.ts";
import type { SimulationOptions } from "./simulation-options.ts";

/** The running action for hook tools. Its results and messages are delivered even when the dispatch fails. */
export class SimulatedAction implements ActionBackend {
  readonly #options: SimulationOptions;
  readonly #effects: SideEffects;

  constructor(options: SimulationOptions, effects: SideEffects) {
    this.#options = options;
    this.#effects = effects;
  }

  /** The caller's parameters, with defaults. */
  params(): JsonObject {
    const { name, params } = this.#assertRunning();
    return withDefaults(params, this.#options.metadata.actions[name]?.params ?? {});
  }

  set(results: readonly ActionResult[]): void {
    this.#assertRunning();
    this.#effects.actionResults = withResults(this.#effects.actionResults, results);
  }

  fail(message: string): void {
    this.#assertRunning();
    this.#effects.actionFailure = message;
  }

  log(message: string): void {
    this.#assertRunning();
    this.#effects.actionLog.push(message);
  }

  #assertRunning(): { readonly name: string; readonly params: JsonObject } {
    const { trigger } = this.#options.event;
    if (trigger.family === "action") return trigger;
    throw new ToolError("not running an action");
  }
}

/** Adds defaults. Creates a missing object when one of its members has a default. */
function withDefaults(params: JsonObject, schemas: Readonly<Record<string, ParameterSchema>>): JsonObject {
  const filled: Record<string, JsonValue> = { ...params };
  for (const [name, schema] of Object.entries(schemas)) {
    const given = params[name] ?? schema.default;
    const members = withDefaults(isRecord(given) ? given : {}, schema.properties ?? {});
    if (isRecord(given) || (given === undefined && Object.keys(members).length > 0)) filled[name] = members;
    else if (given !== undefined) filled[name] = given;
  }
  return filled;
}
