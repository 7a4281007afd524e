import { randomBytes } from "node:crypto";
import type { Texts } from "juju-hook-tools";

import type { AgentState } from "./state/agent-state.ts";
import {
  describeSecrets,
  grantsOf,
  withGrants,
  withoutSecret,
  withRevision,
  withSecret,
  type SecretDescription,
} from "./state/model-secrets.ts";

/** A secret to add. */
export interface NewSecret {
  readonly name: string;
  readonly content: Texts;
  /** 20 digits and small letters. @default a random one */
  readonly id?: string;
}

/** Access to the secrets in the state directory. */
export interface SecretStore {
  /**
   * Changes the state and runs the resulting hooks.
   *
   * @param concerned applications whose idle units then run config-changed, by the state before the change
   */
  change(
    change: (state: AgentState) => AgentState,
    signal: AbortSignal,
    concerned?: (before: AgentState) => readonly string[],
  ): Promise<void>;
  read(): Promise<AgentState | undefined>;
}

/**
 * The user secrets of a model, as `juju add-secret` and the related commands manage them. Each method takes a secret's
 * name or its URI. A change runs secret-changed in the units that have read an older revision, and resolves when the
 * units are idle. It throws AgentRequestError where Juju refuses, and HookFailedError.
 */
export class AgentSecrets {
  readonly #store: SecretStore;

  constructor(store: SecretStore) {
    this.#store = store;
  }

  /** Describes all secrets, without their content. */
  async list(): Promise<readonly SecretDescription[]> {
    return describeSecrets((await this.#store.read())?.secrets);
  }

  /** Adds a secret without grants. @returns its URI */
  async add({ name, content, id = randomId() }: NewSecret, signal: AbortSignal): Promise<string> {
    await this.#store.change((state) => withSecret(state, { id, name, content }), signal);
    return `secret:${id}`;
  }

  /** Replaces the content of a secret; content equal to the latest adds no revision. */
  async update(secret: string, content: Texts, signal: AbortSignal): Promise<void> {
    await this.#store.change((state) => withRevision(state, secret, content), signal);
  }

  /**
   * Lets applications read a secret, and runs config-changed in their units. Juju runs no hook then: a unit that is blocked
   * without the secret notices at its next event.
   */
  async grant(secret: string, applications: readonly string[], signal: AbortSignal): Promise<void> {
    await this.#store.change(
      (state) => withGrants(state, secret, applications, true),
      signal,
      () => applications,
    );
  }

  /** Withdraws applications' access to a secret, and runs config-changed in their units, as {@link AgentSecrets.grant}. */
  async revoke(secret: string, applications: readonly string[], signal: AbortSignal): Promise<void> {
    await this.#store.change(
      (state) => withGrants(state, secret, applications, false),
      signal,
      (before) => grantsOf(before, secret).filter((name) => applications.includes(name)),
    );
  }

  /** Deletes a secret, and runs config-changed in the units that could read it. */
  async remove(secret: string, signal: AbortSignal): Promise<void> {
    await this.#store.change(
      (state) => withoutSecret(state, secret),
      signal,
      (before) => grantsOf(before, secret),
    );
  }
}

/** Like Juju's IDs: 96 bits as 20 digits and letters. */
function randomId(): string {
  return (BigInt(`0x${randomBytes(12).toString("hex")}`) << 4n).toString(32).padStart(20, "0");
}
