import type { FaultTime } from "./records.ts";
import type { Chance } from "./chance.ts";

const HOUR_MS = 3_600_000;

/** What fails, and how much of it: probabilities, from 0 to 1, and parts of all. */
export interface Fault {
  readonly what: string;
  /** Hours since the beginning of the day, and length in hours. */
  readonly hour: number;
  readonly hours: number;
  /** Requests that fail; half of them have their effect. */
  readonly failingRequests?: number;
  /** Part of the scale sets whose messages do not come, although their sessions live. */
  readonly hungSets?: number;
  /** Part of the scale sets that count jobs which do not exist. */
  readonly phantomSets?: number;
  /** Part of the paths whose REST requests are refused until the end of this fault. */
  readonly limitedPaths?: number;
  /** Jobs that a runner is given and does not get. */
  readonly lostAssignments?: number;
  /** Part of the services that are killed at the beginning. */
  readonly killedServices?: number;
  /** Whether all sessions are lost at the beginning. */
  readonly losesSessions?: boolean;
}

/** Faults that GitHub had, with the sizes of its reports where it told them; each in an hour of its own. */
export const FAULTS: readonly Fault[] = [
  { what: "5xx: every third request fails", hour: 2, hours: 1, failingRequests: 0.3 },
  { what: "messages of 30 % of the sessions hang", hour: 9, hours: 1, hungSets: 0.3 },
  { what: "REST limit in a fifth of the paths", hour: 11.5, hours: 1 / 3, limitedPaths: 0.2 },
  { what: "phantom jobs in a tenth of the scale sets", hour: 13.5, hours: 0.5, phantomSets: 0.1 },
  { what: "GitHub is down", hour: 15.5, hours: 1 / 6, failingRequests: 1 },
  { what: "all sessions are lost", hour: 17, hours: 0.1, losesSessions: true },
  { what: "a tenth of the runners loses its job", hour: 19, hours: 0.5, lostAssignments: 0.1 },
  { what: "a fifth of the services is killed", hour: 21, hours: 0.1, killedServices: 0.2 },
];

/** At any time. */
export const ALWAYS = {
  /** Batches of messages that are lost, come twice, or come in the wrong order: each of them. */
  badMessage: 0.003,
  lostAssignment: 0.001,
  /** Of the runners that lose their job, those that live on, and GitHub no longer knows. */
  ghost: 0.3,
} as const;

/** The faults of a time in which a whole day is squeezed, or of a part of the day. */
export class FaultPlan {
  readonly #faults: readonly (Fault & FaultTime)[];
  readonly #chance: Chance;
  #present: readonly (Fault & FaultTime)[] = [];
  #changesAt = -Infinity;
  readonly #drawn = new Map<string, number>();

  /** @param hours length of the day in hours: faults of a shorter one come as much earlier, and are as much shorter. */
  constructor(beginsAt: number, hours: number, chance: Chance) {
    const scale = (hours / 24) * HOUR_MS;
    this.#chance = chance;
    this.#faults = FAULTS.map((fault) => ({
      ...fault,
      from: beginsAt + fault.hour * scale,
      to: beginsAt + (fault.hour + fault.hours) * scale,
    }));
  }

  get times(): readonly (Fault & FaultTime)[] {
    return this.#faults;
  }

  /** The faults in force. */
  at(now: number): readonly (Fault & FaultTime)[] {
    if (now >= this.#changesAt) {
      const edges = this.#faults.flatMap(({ from, to }) => [from, to]).filter((edge) => edge > now);
      this.#changesAt = Math.min(Infinity, ...edges);
      this.#present = this.#faults.filter(({ from, to }) => from <= now && now < to);
    }
    return this.#present;
  }

  /** Whether one of a kind of things is among the part that a fault concerns. The same answer for the whole time. */
  concerns({ what }: Fault, part: number | undefined, thing: string): boolean {
    if (part === undefined) return false;
    const key = `${what}/${thing}`;
    const drawn = this.#drawn.get(key) ?? this.#chance.of(key).next();
    this.#drawn.set(key, drawn);
    return drawn < part;
  }

  /** The largest probability of a kind that is in force. */
  probability(now: number, of: (fault: Fault) => number | undefined): number {
    return Math.max(0, ...this.at(now).map((fault) => of(fault) ?? 0));
  }
}
