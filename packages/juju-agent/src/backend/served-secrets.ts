import { ToolError, type SecretName, type SecretBackend, type Texts } from "juju-hook-tools";
import type { HookContext } from "../hooks/hook-context.ts";
import type { ConsumedSecret, ModelSecret } from "../state/agent-state.ts";

/**
 * User secrets that are granted to the application. A charm can read them; this agent does not support secrets that
 * charms own. A read is tracked at once, even when the hook fails later.
 */
export class ServedSecrets implements SecretBackend {
  readonly #context: HookContext;

  constructor(context: HookContext) {
    this.#context = context;
  }

  /** @throws ToolError */
  async read(name: SecretName, revision: "tracked" | "latest" | "peek"): Promise<Texts> {
    const secret = this.#find(name);
    if (!secret.grants.includes(this.#context.application))
      throw new ToolError(this.#context.differences.secretNotAllowed(this.#context.unit));
    const { latestRevision, revisions } = secret;
    const known = this.#consumed()[secret.id];
    const wanted = revision === "tracked" ? (known?.tracked ?? latestRevision) : latestRevision;
    if (revision !== "peek") await this.#track(secret, wanted, name.label);
    return revisions[wanted] ?? {};
  }

  /** @throws ToolError always: the unit owns none */
  info({ id, label = "" }: SecretName): never {
    throw new ToolError(`secret "${id ?? label}" not found`);
  }

  ids(): readonly string[] {
    return [];
  }

  /** @throws ToolError always */
  add(): never {
    throw new ToolError("cannot add a secret: this agent has no secrets that charms own: not supported");
  }

  /** @throws ToolError always */
  change(id: string): never {
    const exists = this.#secrets()[id] !== undefined;
    throw new ToolError(exists ? "permission denied" : `secret "${id}" not found`);
  }

  /** @throws ToolError always */
  grant(id: string): never {
    return this.change(id);
  }

  /** @throws ToolError always */
  revoke(id: string): never {
    return this.change(id);
  }

  /** @throws ToolError always */
  remove(id: string): never {
    return this.change(id);
  }

  async #track(secret: ModelSecret, tracked: number, label: string | undefined): Promise<void> {
    const known = this.#consumed()[secret.id];
    const newest = Math.max(known?.told ?? 0, tracked);
    const next: ConsumedSecret = { ...known, tracked, told: newest, ...(label !== undefined && { label }) };
    await this.#context.effects.consume(secret.id, next);
  }

  #find({ id, label = "" }: SecretName): ModelSecret {
    const labelled = Object.entries(this.#consumed()).find(([, known]) => known.label === label)?.[0];
    const secret = this.#secrets()[id ?? labelled ?? ""];
    if (secret) return secret;
    const { differences } = this.#context;
    throw new ToolError(
      id === undefined ? differences.secretLabelNotFound(label) : differences.secretNotFound(id),
    );
  }

  #secrets(): Readonly<Record<string, ModelSecret>> {
    return this.#context.state().secrets ?? {};
  }

  #consumed(): Readonly<Record<string, ConsumedSecret>> {
    return this.#context.state().units[this.#context.unit]?.consumed ?? {};
  }
}
