import { isDeferrable } from "../../events/notice.ts";
import { DEFERRED_SLOT } from "../../events/notice-queue.ts";
import { firstNotJSON } from "charm-kit";
import { textProblems, type Scenario } from "./scenario.ts";

/** The stored state is valid JSON, and the state in the controller is text. */
export function checkStoredState({ state }: Scenario): readonly string[] {
  return [
    ...Object.entries(state.storedState).flatMap(([name, value]) => {
      if (name === DEFERRED_SLOT) return [`the slot ${name} belongs to the framework: use State.deferred`];
      return jsonProblems(`the value of the slot ${name}`, value);
    }),
    ...textProblems("the state in the controller", state.serverState),
  ];
}

/** Deferred events have a deferrable kind, an observer with a name, and JSON. */
export function checkDeferred({ state }: Scenario): readonly string[] {
  return state.deferred.flatMap(({ kind, observer, facts }) => [
    ...jsonProblems(`the data of the deferred ${kind}`, facts),
    ...(isDeferrable(kind) ? [] : [`${kind} cannot be deferred`]),
    ...(observer === "" ? [`the observer of the deferred ${kind} has no name`] : []),
  ]);
}

function jsonProblems(what: string, value: unknown): readonly string[] {
  const problem = firstNotJSON(value);
  return problem === undefined ? [] : [`${what} is not JSON: ${problem}`];
}
