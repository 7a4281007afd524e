import { randomBytes } from "node:crypto";
import type { Texts } from "juju-hook-tools";

import type { AgentState } from "./state/agent-state.ts";
import {
  describeSecrets,
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

/** How the secrets reach the state directory. */
export interface SecretStore {
  /** Changes the state and runs the hooks that follow from it. */
  change(change: (state: AgentState) => AgentState, signal: AbortSignal): Promise<void>;
  read(): Promise<AgentState | undefined>;
}

/**
 * The secrets of a model, as `juju add-secret` and its kin keep them. A secret is named by its name or its URI. Changes
 * run secret-changed in the units that have read a secret of which there is a newer revision then, and resolve when the
 * units are idle; they throw AgentRequestError for what Juju refuses, and HookFailedError.
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

  /** Adds a secret that nobody may read yet. @returns its URI */
  async add({ name, content, id = randomId() }: NewSecret, signal: AbortSignal): Promise<string> {
    await this.#store.change((state) => withSecret(state, { id, name, content }), signal);
    return `secret:${id}`;
  }

  /** Gives a secret other content; content equal to the latest makes no revision. */
  async update(secret: string, content: Texts, signal: AbortSignal): Promise<void> {
    await this.#store.change((state) => withRevision(state, secret, content), signal);
  }

  /** Lets applications read a secret. */
  async grant(secret: string, applications: readonly string[], signal: AbortSignal): Promise<void> {
    await this.#store.change((state) => withGrants(state, secret, applications, true), signal);
  }

  /** Lets applications read a secret no more. */
  async revoke(secret: string, applications: readonly string[], signal: AbortSignal): Promise<void> {
    await this.#store.change((state) => withGrants(state, secret, applications, false), signal);
  }

  /** Forgets a secret. */
  async remove(secret: string, signal: AbortSignal): Promise<void> {
    await this.#store.change((state) => withoutSecret(state, secret), signal);
  }
}

/** As Juju's: 96 bits in 20 digits and letters. */
function randomId(): string {
  return BigInt(`0x${randomBytes(12).toString("hex")}`)
    .toString(32)
    .padStart(20, "0");
}
