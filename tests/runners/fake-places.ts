import type { FormerPlace, Places } from "../../src/runners/ports.ts";
import { FakeForge } from "./fake-forge.ts";
import { PlaceRefusedError, type FakeSite } from "./fake-site.ts";
import type { PortCalls } from "./port-calls.ts";

/** The record of a {@link FakeSite}, as one process reads and writes it. */
export class FakePlaces implements Places {
  readonly present: string;
  readonly #site: FakeSite;
  readonly #calls: PortCalls;

  constructor(site: FakeSite, calls: PortCalls, present: string) {
    this.#site = site;
    this.#calls = calls;
    this.present = present;
  }

  enter(): Promise<void> {
    return this.#calls.step("places.enter", NEVER, () => {
      for (const [key, leftAt] of this.#site.entered) {
        if (key !== this.present && leftAt === undefined) this.#site.entered.set(key, this.#site.now);
      }
      this.#site.entered.set(this.present, undefined);
    });
  }

  former(): Promise<readonly FormerPlace[]> {
    return this.#calls.step("places.former", NEVER, () =>
      [...this.#site.entered]
        .filter(([key]) => key !== this.present)
        .map(([key, leftAt]) => ({
          key,
          forge: new FakeForge(this.#site, this.#calls, key),
          leftAt: leftAt ?? this.#site.now,
          refuses: (thrown: unknown) => thrown instanceof PlaceRefusedError,
        })),
    );
  }

  forget(key: string): Promise<void> {
    return this.#calls.step("places.forget", NEVER, () => {
      this.#site.entered.delete(key);
    });
  }
}

const NEVER = new AbortController().signal;
