import { CollectStatusEvent } from "../events/collect-status-event.ts";
import type { Emitter } from "../events/emitter.ts";
import type { Observers } from "../events/observers.ts";
import type { HookTools, Status } from "../tools/hook-tools.ts";
import { StopWithStatus } from "./stop-with-status.ts";

/** What statuses are collected from, and shown with. */
export interface CollectStatusDeps {
  readonly observers: Observers;
  readonly emitter: Pick<Emitter, "announce">;
  readonly tools: HookTools;
  readonly signal: AbortSignal;
}

/** Asks observers for the statuses of the application (of a leader) and of the unit, and shows the worst of each. */
export async function collectStatus(deps: CollectStatusDeps): Promise<void> {
  const { observers, tools } = deps;
  if (observers.has("collect-app-status") && (await tools.isLeader())) {
    const status = await collect(deps, "collect-app-status");
    if (status) await tools.applicationStatusSet(status);
  }
  if (observers.has("collect-unit-status")) {
    const status = await collect(deps, "collect-unit-status");
    if (status) await tools.statusSet(status);
  }
}

async function collect(
  { observers, emitter, signal }: CollectStatusDeps,
  kind: "collect-unit-status" | "collect-app-status",
): Promise<Status | undefined> {
  emitter.announce({ kind, facts: {} });
  const event = new CollectStatusEvent({ name: kind, signal });
  for (const { handle } of observers.of(kind)) {
    try {
      await handle(event);
    } catch (thrown) {
      if (!(thrown instanceof StopWithStatus)) throw thrown;
      event.addStatus(thrown.status);
    }
  }
  return event.worst;
}
