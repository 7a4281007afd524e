import { ToolError, usageError, type StorageBackend, type Texts } from "juju-hook-tools";
import type { HookContext } from "../hooks/hook-context.ts";

/** The unit's state; this agent does not support storage and resources yet. */
export class ServedStorage implements StorageBackend {
  readonly #context: HookContext;

  constructor(context: HookContext) {
    this.#context = context;
  }

  ids(): readonly string[] {
    return [];
  }

  /** @throws ToolError always */
  get(id: string): never {
    throw usageError(`invalid value "${id}" for option -s: storage "${id}" not found`);
  }

  current(): string | undefined {
    return undefined;
  }

  /** Juju refuses it only when the context ends. */
  add(name: string): void {
    this.#context.pending.refusal ??= `charm storage "${name}" not found`;
  }

  /** @throws ToolError always */
  resource(name: string): never {
    throw new ToolError(`could not download resource: resource "${name}" not found`);
  }

  remembered(): Texts {
    return this.#context.pending.stored;
  }

  remember(data: Texts): void {
    const { pending } = this.#context;
    pending.stored = { ...pending.stored, ...data };
  }

  forget(key: string): void {
    const { pending } = this.#context;
    const kept = Object.entries(pending.stored).filter(([name]) => name !== key);
    pending.stored = Object.fromEntries(kept);
  }
}
