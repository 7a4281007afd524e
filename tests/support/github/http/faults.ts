import type { RunnerRecord } from "../state/runner-record.ts";
import type { RouteName } from "../routes/route.ts";

/** A way in which GitHub fails. */
export type FaultKind =
  /** An error of GitHub's, before anything is done, or after it (`afterEffect`). */
  | {
      readonly kind: "status";
      readonly status: number;
      readonly message?: string;
      readonly headers?: Readonly<Record<string, string>>;
      readonly afterEffect?: boolean;
    }
  /** The primary limit is used up: 403 or 429 with nothing remaining. */
  | { readonly kind: "primary-rate-limit"; readonly status: 403 | 429; readonly resetInMs: number }
  /** The secondary limit: 403 or 429 with its message, and `retry-after` where seconds are given. */
  | { readonly kind: "secondary-rate-limit"; readonly status: 403 | 429; readonly retryAfterSeconds?: number }
  /** A page of HTML, as a proxy or load balancer sends it. */
  | { readonly kind: "html"; readonly status: number }
  | { readonly kind: "slow"; readonly delayMs: number }
  /** The answer, cut in the middle of its JSON. */
  | { readonly kind: "truncated" }
  /** The connection is reset before anything is done. */
  | { readonly kind: "reset-before" }
  /** The connection is reset after everything was done. */
  | { readonly kind: "reset-after" }
  /** A runner has gone between two pages of a list, so that the first of the next page is on no page. */
  | { readonly kind: "page-drift" }
  /** The list of the moment in which the fault was set. */
  | { readonly kind: "stale-list" }
  /** The first runner of the page is on it twice. */
  | { readonly kind: "duplicates" };

/** A fault, where it strikes and how often. */
export interface Fault {
  readonly route: RouteName;
  /** @default 1 */
  readonly times?: number;
  /** Strikes on this page of a list only. @default any */
  readonly page?: number;
  /** Strikes on requests about the scale set of this number only. @default any */
  readonly scaleSet?: number;
  readonly fault: FaultKind;
}

/** A fault that strikes now, and the runners of the moment in which it was set. */
export interface StrikingFault {
  readonly fault: FaultKind;
  readonly stale: readonly RunnerRecord[];
}

/** The faults that are still to come. */
export class Faults {
  readonly #pending: { readonly fault: Fault; readonly stale: readonly RunnerRecord[]; left: number }[] = [];

  /** @param runners all that are registered now. */
  add(fault: Fault, runners: Iterable<RunnerRecord>): void {
    const stale = [...runners].map((runner) => ({ ...runner }));
    this.#pending.push({ fault, stale, left: fault.times ?? 1 });
  }

  clear(): void {
    this.#pending.length = 0;
  }

  /** Takes the first fault for a request off the list. */
  take(route: RouteName, page: number, scaleSet?: number): StrikingFault | undefined {
    const entry = this.#pending.find(
      ({ fault, left }) =>
        left > 0 &&
        fault.route === route &&
        (fault.page === undefined || fault.page === page) &&
        (fault.scaleSet === undefined || fault.scaleSet === scaleSet),
    );
    if (!entry) return undefined;
    entry.left -= 1;
    return { fault: entry.fault.fault, stale: entry.stale };
  }
}
