import { findCause, messageOf } from "charm-kit";
import { FormerScopeError } from "../../src/runners/errors.ts";
import { faultAfter, type FormerFault } from "../../src/unit/former-faults.ts";
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
          served: () => this.#note(key, undefined),
          failed: (thrown: unknown) => {
            const { faults, now } = this.#site;
            const at = findCause(thrown, FormerScopeError) ? ("registration" as const) : ("start" as const);
            return this.#note(key, faultAfter(faults.get(key), { at, reason: messageOf(thrown) }, now));
          },
        })),
    );
  }

  #note(key: string, fault: FormerFault | undefined): Promise<void> {
    return this.#calls.step("scopes.note", NEVER, () => {
      if (fault) this.#site.faults.set(key, fault);
      else this.#site.faults.delete(key);
    });
  }

  forget(key: string): Promise<void> {
    return this.#calls.step("scopes.forget", NEVER, () => {
      this.#site.recorded.delete(key);
    });
  }
}

const NEVER = new AbortController().signal;
