import { CollectStatusEvent } from "../events/collect-status-event.ts";
import type { Emitter } from "../events/emitter.ts";
import type { Observers } from "../events/observers.ts";
import type { HookTools, Status } from "../tools/hook-tools.ts";
import type { RunningCalls } from "./running-calls.ts";
import { StopWithStatus } from "./stop-with-status.ts";

/** Services of {@link collectStatus}. */
export interface CollectStatusDependencies {
  readonly observers: Observers;
  readonly emitter: Pick<Emitter, "announce">;
  readonly tools: HookTools;
  readonly signal: AbortSignal;
  readonly calls: Pick<RunningCalls, "during">;
}

/** Collects statuses of the unit and, on the leader, of the application from observers, and sets the worst of each. */
export async function collectStatus(dependencies: CollectStatusDependencies): Promise<void> {
  const { observers, tools } = dependencies;
  if (observers.has("collect-app-status") && (await tools.isLeader())) {
    const status = await collect(dependencies, "collect-app-status");
    if (status) await tools.applicationStatusSet(status);
  }
  if (observers.has("collect-unit-status")) {
    const status = await collect(dependencies, "collect-unit-status");
    if (status) await tools.statusSet(status);
  }
}

async function collect(
  { observers, emitter, signal, calls }: CollectStatusDependencies,
  kind: "collect-unit-status" | "collect-app-status",
): Promise<Status | undefined> {
  emitter.announce({ kind, facts: {} });
  const event = new CollectStatusEvent({ name: kind, signal });
  for (const observer of observers.of(kind)) {
    try {
      await calls.during({ name: observer.name, event: kind }, () => observer.handle(event));
    } catch (thrown) {
      if (!(thrown instanceof StopWithStatus)) throw thrown;
      event.addStatus(thrown.status);
    }
  }
  return event.worst;
}
