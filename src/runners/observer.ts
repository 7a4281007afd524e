import { messageOf, type Logger } from "charm-kit";
import type { Forge, FormerPlace, Machine, Machines, Places, Registration } from "./ports.ts";
import type { RunnerNames } from "./runner-name.ts";
import type { World } from "./world.ts";

/** What an observer reads. */
export interface ObserverParts {
  readonly forge: Forge;
  readonly machines: Machines;
  readonly places: Places;
  readonly log: Logger;
  readonly names: RunnerNames;
}

/** What a former place answered: its list, that it does not let the unit in, or nothing for now. */
type Answer = readonly Registration[] | "refused" | "silent";

interface VisitedPlace {
  readonly place: FormerPlace;
  readonly answer: Answer;
}

/** What both sides showed of the unit at one moment, and which GitHub showed what. */
export class Observation implements World {
  readonly machines: readonly Machine[];
  readonly registrations: readonly Registration[];
  readonly lostPlaces: ReadonlySet<string>;
  readonly #present: { readonly forge: Forge; readonly registrations: readonly Registration[] };
  readonly #visited: readonly VisitedPlace[];

  constructor(
    machines: readonly Machine[],
    present: {
      readonly forge: Forge;
      readonly key: string | undefined;
      readonly registrations: readonly Registration[];
    },
    visited: readonly VisitedPlace[],
  ) {
    this.machines = machines;
    this.registrations = [present.registrations, ...visited.map(listed)].flat();
    this.#present = present;
    this.#visited = visited;
    const known = new Set(["", present.key]);
    for (const { place, answer } of visited) if (answer !== "refused") known.add(place.key);
    this.lostPlaces = new Set(machines.map(({ place }) => place).filter((key) => !known.has(key)));
  }

  /** The GitHub that a runner is registered at; one that knows nothing where that cannot be asked. */
  forgeOf(machine: Machine | undefined, registration: Registration | undefined): Forge {
    if (registration) {
      const visited = this.#visited.find((each) => listed(each).includes(registration));
      return visited?.place.forge ?? this.#present.forge;
    }
    if (machine === undefined || this.lostPlaces.has(machine.place)) return NOBODY;
    const visited = this.#visited.find(({ place }) => place.key === machine.place);
    if (visited) return visited.answer === "silent" ? NOBODY : visited.place.forge;
    return this.#present.forge;
  }

  /** The former place that a runner is registered at, if it is none of the present one. */
  formerPlaceOf({ place: key }: Machine): FormerPlace | undefined {
    return this.#visited.find(({ place }) => place.key === key)?.place;
  }

  /**
   * Keys of former places at which nothing of the unit is left.
   *
   * @param forgottenBefore a place that is silent and was left before that time counts too: GitHub forgets runners that
   *   stay away.
   */
  emptyPlaces(forgottenBefore: number): readonly string[] {
    const inUse = new Set(this.machines.map(({ place }) => place));
    return this.#visited
      .filter(({ place, answer }) => {
        if (inUse.has(place.key)) return false;
        if (answer === "silent") return place.leftAt < forgottenBefore;
        return answer === "refused" || answer.length === 0;
      })
      .map(({ place }) => place.key);
  }
}

/** Reads LXD and GitHub side by side, the GitHub of former places too. */
export class Observer {
  readonly #parts: ObserverParts;

  constructor(parts: ObserverParts) {
    this.#parts = parts;
  }

  /**
   * @param withoutForge goes on with no registrations when GitHub cannot be asked.
   * @throws what the list of instances or that of the present place throws.
   */
  async observe(signal: AbortSignal, withoutForge = false): Promise<Observation> {
    const { forge, machines, places } = this.#parts;
    const [present, all, former] = await Promise.all([
      this.#listPresent(signal, withoutForge),
      machines.list(signal),
      places.former(),
    ]);
    const visited = await Promise.all(former.map((place) => this.#visit(place, signal)));
    return new Observation(
      this.#owned(all),
      { forge, key: places.present, registrations: this.#owned(present) },
      visited,
    );
  }

  async #listPresent(signal: AbortSignal, withoutForge: boolean): Promise<readonly Registration[]> {
    try {
      return await this.#parts.forge.list(signal);
    } catch (thrown) {
      signal.throwIfAborted();
      if (!withoutForge) throw thrown;
      this.#parts.log.warning("Going on without GitHub", { reason: messageOf(thrown) });
      return [];
    }
  }

  async #visit(place: FormerPlace, signal: AbortSignal): Promise<VisitedPlace> {
    try {
      return { place, answer: this.#owned(await place.forge.list(signal)) };
    } catch (thrown) {
      signal.throwIfAborted();
      const answer = place.refuses(thrown) ? "refused" : "silent";
      this.#parts.log.warning("Cannot list the runners of a former place", {
        place: place.key,
        answer,
        reason: messageOf(thrown),
      });
      return { place, answer };
    }
  }

  #owned<T extends { readonly name: string }>(all: readonly T[]): readonly T[] {
    return all.filter(({ name }) => this.#parts.names.owns(name));
  }
}

function listed({ answer }: VisitedPlace): readonly Registration[] {
  return typeof answer === "string" ? [] : answer;
}

/** Stands in for a GitHub that cannot be asked any more. */
const NOBODY: Forge = {
  list: () => Promise.resolve([]),
  deregister: () => Promise.resolve("gone"),
  register: () => Promise.reject(new Error("there is no GitHub to register at")),
  registrationToken: () => Promise.reject(new Error("there is no GitHub to register at")),
  application: () => Promise.reject(new Error("there is no GitHub to ask")),
};
