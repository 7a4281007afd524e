import type { CharmMetadata } from "../../metadata/metadata.ts";
import type { TestEvent } from "../events/test-event.ts";
import type { State } from "../state/state.ts";

/** What is to be run, as the checks see it. */
export interface Scene {
  readonly event: TestEvent;
  readonly state: State;
  readonly metadata: CharmMetadata;
  readonly appName: string;
  readonly unitID: number;
  /** As in `3.6.28`. */
  readonly jujuVersion: string;
}

/** Looks at one thing and tells what of it could not be under Juju. */
export type Check = (scene: Scene) => readonly string[];

/** The names that are there more than once. */
export function repeated(names: readonly (string | number)[]): readonly string[] {
  return [...new Set(names.filter((name, at) => names.indexOf(name) !== at))].map(String);
}
