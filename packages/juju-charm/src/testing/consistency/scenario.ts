import type { CharmMetadata } from "../../metadata/metadata.ts";
import type { TestEvent } from "../events/test-event.ts";
import type { State } from "../state/state.ts";

/** The event and state of a test, for the consistency checks. */
export interface Scenario {
  readonly event: TestEvent;
  readonly state: State;
  readonly metadata: CharmMetadata;
  readonly appName: string;
  readonly unitID: number;
  /** Such as `3.6.28`. */
  readonly jujuVersion: string;
}

/** Checks one aspect of a scenario and returns its problems. */
export type Check = (scenario: Scenario) => readonly string[];

/** The names that occur more than once. */
export function repeated(names: readonly (string | number)[]): readonly string[] {
  return [...new Set(names.filter((name, at) => names.indexOf(name) !== at))].map(String);
}

/** The keys whose values are not text, although Juju stores only text. Values may come from JavaScript or a cast. */
export function textProblems(what: string, data: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.entries(data)
    .filter(([, value]) => typeof value !== "string")
    .map(([key]) => `the value of "${key}" in ${what} is not text`);
}
