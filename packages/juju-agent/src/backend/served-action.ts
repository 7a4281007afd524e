import type { JsonObject } from "juju-hook-tools";
import { withResults, ToolError, type ActionResult, type ActionBackend } from "juju-hook-tools";
import type { ActionProgress, HookContext } from "../hooks/hook-context.ts";

/** The running action. The context collects its results; log messages are recorded at once. */
export class ServedAction implements ActionBackend {
  readonly #context: HookContext;

  constructor(context: HookContext) {
    this.#context = context;
  }

  params(): JsonObject {
    return this.#progress().parameters;
  }

  set(results: readonly ActionResult[]): void {
    const progress = this.#progress();
    progress.results = withResults(progress.results, results);
  }

  fail(message: string): void {
    this.#progress().failure = message;
  }

  async log(message: string): Promise<void> {
    this.#progress();
    await this.#context.effects.logAction(message);
  }

  #progress(): ActionProgress {
    const { action } = this.#context;
    if (action) return action;
    throw new ToolError("not running an action");
  }
}
