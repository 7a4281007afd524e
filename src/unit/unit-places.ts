import { createHash } from "node:crypto";
import type { PlaceEntry, PlaceRecord } from "../host/place-record.ts";
import type { Forge, FormerPlace, Places } from "../runners/ports.ts";
import { CodedError, type Clock } from "charm-kit";

/** A place as the configuration names it. */
export type NamedPlace = Omit<PlaceEntry, "key" | "leftAt">;

/** What the places of a unit are kept and reached with. */
export interface UnitPlacesParts {
  readonly record: PlaceRecord;
  /** Undefined while the configuration cannot be used. */
  readonly present: NamedPlace | undefined;
  readonly clock: Clock;
  /** Makes a client for a former place; undefined where the place of the record cannot be used. */
  readonly openForge: (place: NamedPlace) => Forge | undefined;
}

/** Errors by which GitHub says that credentials are not good for a place, or not any more. */
const REFUSALS: ReadonlySet<string> = new Set([
  "github-bad-credentials",
  "github-missing-permission",
  "github-not-found",
]);

/** The places of a unit: the one of its configuration, and those of its record. */
export class UnitPlaces implements Places {
  readonly #parts: UnitPlacesParts;
  readonly #present: PlaceEntry | undefined;

  constructor(parts: UnitPlacesParts) {
    this.#parts = parts;
    this.#present = parts.present && { ...parts.present, key: placeKey(parts.present) };
  }

  get present(): string | undefined {
    return this.#present?.key;
  }

  async enter(): Promise<void> {
    const { clock, record } = this.#parts;
    const present = this.#present;
    if (!present) return;
    const known = await record.read();
    const others = known
      .filter(({ key }) => key !== present.key)
      .map((entry) => ({ leftAt: clock.now(), ...entry }));
    const entries = [...others, present];
    if (JSON.stringify(entries) !== JSON.stringify(known)) await record.write(entries);
  }

  async former(): Promise<readonly FormerPlace[]> {
    const { clock, openForge, record } = this.#parts;
    const former = (await record.read()).filter(({ key }) => key !== this.present);
    return former.flatMap((entry): readonly FormerPlace[] => {
      const forge = openForge(entry);
      if (forge === undefined) return [];
      const { key, leftAt = clock.now() } = entry;
      return [{ key, forge, leftAt, refuses: isRefusal }];
    });
  }

  async forget(key: string): Promise<void> {
    const { record } = this.#parts;
    const known = await record.read();
    await record.write(known.filter((entry) => entry.key !== key));
  }
}

function isRefusal(thrown: unknown): boolean {
  return thrown instanceof CodedError && REFUSALS.has(thrown.code);
}

/**
 * Tells places apart. Credentials are not part of it: another token for the same path sees the same registrations, and
 * deletes them just as well.
 */
function placeKey({ githubUrl, path }: NamedPlace): string {
  const text = `${githubUrl.toLowerCase()}/${path.toLowerCase()}`;
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}
