import { CollectStatusEvent } from "../events/collect-status-event.ts";
import type { Framework } from "../framework.ts";

/** Asks observers for the statuses of the application (of a leader) and of the unit, and shows the worst of each. */
export async function collectStatus(framework: Framework): Promise<void> {
  if (framework.isObserved("collect-app-status") && (await framework.tools.isLeader())) {
    const status = await collect(framework, "collect-app-status");
    if (status) await framework.tools.applicationStatusSet(status);
  }
  if (framework.isObserved("collect-unit-status")) {
    const status = await collect(framework, "collect-unit-status");
    if (status) await framework.tools.statusSet(status);
  }
}

async function collect(
  framework: Framework,
  kind: "collect-unit-status" | "collect-app-status",
): Promise<CollectStatusEvent["worst"]> {
  const event = new CollectStatusEvent({ name: kind, signal: framework.signal });
  await framework.emit(kind, event);
  return event.worst;
}
