import { joinRunners, type ObservedRunner } from "./observed-runner.ts";
import type { Machine, Registration } from "./ports.ts";

/** A unit's instances and registrations at one moment. */
export interface World {
  readonly machines: readonly Machine[];
  readonly registrations: readonly Registration[];
  /** Keys of scopes that refuse the unit's credentials, so that registrations there are not listed. @default none */
  readonly lostScopes?: ReadonlySet<string>;
}

/** Runners whose instance is alive, including frozen ones. */
export function liveRunners({ machines, registrations }: World): ObservedRunner[] {
  return joinRunners(machines, registrations).runners.filter(
    ({ machine }) => machine.state === "running" || machine.state === "frozen",
  );
}
