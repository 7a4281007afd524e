import type { StatusRecord, UnitState } from "../state/agent-state.ts";
import type { Operation } from "../state/agent-state.ts";
import { withDelivered } from "../state/model-secrets.ts";
import type { HookRun, LifecycleHook, PlainHook } from "./hook-names.ts";

/** Current facts to record when a hook ends. */
export interface CommitFacts {
  readonly configHash: string;
  readonly bootId: string;
  /** ISO 8601. */
  readonly now: string;
}

type Change = Partial<UnitState>;

const CONTINUE: Operation = { kind: "continue" };

/** The status that the agent itself sets before a hook. */
export function statusBefore(unit: UnitState, hook: LifecycleHook, now: string): StatusRecord {
  switch (hook) {
    case "leader-elected":
    case "leader-settings-changed":
    case "config-changed":
    case "start":
    case "upgrade-charm":
    case "update-status":
    case "secret-changed":
      return unit.workload;
    case "install":
      return unit.statusSet ? unit.workload : maintenance("installing charm software", now);
    case "stop":
      return maintenance("stopping charm software", now);
    case "remove":
      return maintenance("cleaning up prior to charm deletion", now);
  }
}

/** The changes to a unit when a hook succeeds, apart from the hook tools' pending changes. */
export function commitHook(unit: UnitState, run: HookRun, facts: CommitFacts): Change {
  const { now, bootId, configHash } = facts;
  switch (run.hook) {
    case "install":
      return { operation: CONTINUE, installed: true };
    case "config-changed":
      return { operation: unit.started ? CONTINUE : queued("start"), configHash };
    case "start":
      return { operation: CONTINUE, started: true, stopped: false, bootId, ...statusAfterStart(unit, now) };
    case "upgrade-charm":
      return { operation: queued("config-changed") };
    case "stop":
      return { operation: CONTINUE, stopped: true, workload: maintenance("", now) };
    case "remove":
      return {
        operation: CONTINUE,
        removed: true,
        workload: { name: "terminated", message: "", since: now },
      };
    case "leader-settings-changed":
      return { operation: CONTINUE, leaderSettingsSeen: true };
    case "secret-changed":
      return { operation: CONTINUE, consumed: withDelivered(unit.consumed, run.secret) };
    case "leader-elected":
    case "update-status":
      return { operation: CONTINUE };
  }
}

/** A queued hook. */
export function queued(hook: PlainHook): Operation {
  return { kind: "hook", hook, step: "queued" };
}

function statusAfterStart(unit: UnitState, now: string): Change {
  return unit.statusSet ? {} : { workload: { name: "unknown", message: "", since: now } };
}

function maintenance(message: string, since: string): StatusRecord {
  return { name: "maintenance", message, since };
}
