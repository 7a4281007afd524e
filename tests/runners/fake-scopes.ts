import type { FormerScope, RegistrationScopes } from "../../src/runners/ports.ts";
import { FakeForge } from "./fake-forge.ts";
import { ScopeRefusedError, type FakeSite } from "./fake-site.ts";
import type { PortCalls } from "./port-calls.ts";

/** The record of a {@link FakeSite}, as one process reads and writes it. */
export class FakeScopes implements RegistrationScopes {
  readonly present: string;
  readonly #site: FakeSite;
  readonly #calls: PortCalls;

  constructor(site: FakeSite, calls: PortCalls, present: string) {
    this.#site = site;
    this.#calls = calls;
    this.present = present;
  }

  remember(): Promise<void> {
    return this.#calls.step("scopes.remember", NEVER, () => {
      for (const [key, leftAt] of this.#site.recorded) {
        if (key !== this.present && leftAt === undefined) this.#site.recorded.set(key, this.#site.now);
      }
      this.#site.recorded.set(this.present, undefined);
    });
  }

  former(): Promise<readonly FormerScope[]> {
    return this.#calls.step("scopes.former", NEVER, () =>
      [...this.#site.recorded]
        .filter(([key]) => key !== this.present)
        .map(([key, leftAt]) => ({
          key,
          name: `https://github.com/${key}`,
          forge: new FakeForge(this.#site, this.#calls, key),
          leftAt: leftAt ?? this.#site.now,
          isNeeded: this.#site.isNeeded(key),
          refuses: (thrown: unknown) => thrown instanceof ScopeRefusedError,
        })),
    );
  }

  forget(key: string): Promise<void> {
    return this.#calls.step("scopes.forget", NEVER, () => {
      this.#site.recorded.delete(key);
    });
  }
}

const NEVER = new AbortController().signal;
