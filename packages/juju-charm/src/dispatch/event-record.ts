import type { EventRecord } from "../events/notice.ts";
import type { JsonValue } from "../tools/hook-tools.ts";
import type { Hook } from "./hook-facts.ts";
import type { Dispatched } from "./juju-context.ts";

/** Converts the dispatched hook, action or custom event to an event record. */
export function recordOf(dispatched: Dispatched): EventRecord {
  if (dispatched.kind !== "hook") return { kind: `${dispatched.kind}:${dispatched.name}`, facts: {} };
  return recordOfHook(dispatched.hook);
}

function recordOfHook(hook: Hook): EventRecord {
  switch (hook.family) {
    case "lifecycle":
      return { kind: hook.name, facts: {} };
    case "secret":
      return { kind: hook.name, facts: plain(hook.secret) };
    case "relation":
      return {
        kind: `relation:${hook.relation.endpoint}:${hook.relation.phase}`,
        facts: plain(hook.relation),
      };
    case "storage":
      return { kind: `storage:${hook.storage.name}:${hook.storage.phase}`, facts: plain(hook.storage) };
  }
}

/** The facts without undefined members, as the stored state would return them. */
function plain(facts: object): JsonValue {
  return Object.fromEntries(Object.entries(facts).filter(([, fact]) => fact !== undefined));
}
