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
import type { Setting } from "./setting.ts";

/** The running action as the hook tools show it. What it says of itself is delivered however the dispatch ends. */
export class SimulatedAction implements ActionBackend {
  readonly #setting: Setting;
  readonly #effects: SideEffects;

  constructor(setting: Setting, effects: SideEffects) {
    this.#setting = setting;
    this.#effects = effects;
  }

  /** As the caller gave them, with the defaults that the controller fills in. */
  params(): JsonObject {
    const { name, params } = this.#assertRunning();
    return withDefaults(params, this.#setting.metadata.actions[name]?.params ?? {});
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
    const { trigger } = this.#setting.event;
    if (trigger.family === "action") return trigger;
    throw new ToolError("not running an action");
  }
}

/** Objects that are not given are made where a member of theirs has a default. */
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
