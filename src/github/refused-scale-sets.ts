import { messageOf, withoutAction, type Logger } from "charm-kit";
import { ScaleSetRefusedError } from "scale-set-client";
import { isPaused, pauseAfter, type RetryPause } from "../network/retry-pause.ts";
import type { KnownScaleSet } from "./scale-set-ledger.ts";

/** Why GitHub has registered no runner in a scale set. */
interface Refusal extends RetryPause {
  /** As a person reads it. */
  readonly notice: string;
}

export interface RefusedScaleSetsDependencies {
  readonly now: () => number;
  readonly log: Logger;
}

/** Statuses of answers after which another attempt would be answered the same. */
const REFUSALS: readonly number[] = [400, 403, 404, 422];
const PAUSES = { firstMs: 60_000, longestMs: 60 * 60_000 } as const;

/** Former scale sets in which GitHub registers no runner, as one process has seen it: they are left alone for a while. */
export class RefusedScaleSets {
  readonly #dependencies: RefusedScaleSetsDependencies;
  readonly #refusals = new Map<number, Refusal>();

  constructor(dependencies: RefusedScaleSetsDependencies) {
    this.#dependencies = dependencies;
  }

  /** What a person should know of them. */
  get notices(): readonly string[] {
    return [...this.#refusals.values()].map(({ notice }) => notice);
  }

  /** Whether no runner is registered in one now. */
  isLeftAlone({ id }: Pick<KnownScaleSet, "id">): boolean {
    const refusal = this.#refusals.get(id);
    return refusal !== undefined && isPaused(refusal, PAUSES, this.#dependencies.now());
  }

  /** Notes why one has registered no runner. Told once for each reason. @returns whether that is the scale set's fault alone */
  note({ id, name }: Pick<KnownScaleSet, "id" | "name">, thrown: unknown): boolean {
    const isOwn =
      thrown instanceof ScaleSetRefusedError &&
      REFUSALS.includes(thrown.status) &&
      !thrown.is("AgentExistsException");
    if (!isOwn) return false;
    const { log, now } = this.#dependencies;
    const before = this.#refusals.get(id);
    const reason = withoutAction(messageOf(thrown));
    const notice = describeRefusedSet(`${name} (${id})`, reason.replace(/ \([^()]*\)$/, ""));
    this.#refusals.set(id, { notice, ...pauseAfter(before, PAUSES, now()) });
    if (before?.notice !== notice)
      log.warning("A former scale set registers no runner", { id, name, reason });
    return true;
  }

  /** A runner was registered in it, or it is gone. */
  forget(id: number): void {
    this.#refusals.delete(id);
  }
}

/** What a person should know of a former scale set on the present path. Pure. */
export function describeRefusedSet(name: string, reason: string): string {
  return `jobs of the former scale set ${name} get no runners: ${reason}; tried again`;
}
