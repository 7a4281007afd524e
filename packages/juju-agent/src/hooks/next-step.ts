import type { UnitState } from "../state/agent-state.ts";
import type { HookRun, PlainHook, SecretRevision } from "./hook-names.ts";

export type Step =
  | { readonly kind: "deploy" }
  | { readonly kind: "hook"; readonly run: HookRun }
  | { readonly kind: "accept-leadership" }
  | { readonly kind: "delete-unit" };

/** Facts that decide a unit's next step. */
export interface StepFacts {
  readonly isLeader: boolean;
  readonly configHash: string;
  readonly bootId: string;
  /** A newer revision of a secret that the unit has read, without a secret-changed yet. */
  readonly newRevision: SecretRevision | undefined;
}

const hook = (name: PlainHook): Step => ({ kind: "hook", run: { hook: name } });

/**
 * A unit's next step, in the order of Juju's resolvers; undefined when the unit is idle or a failed hook blocks it.
 * Steps for relations and storage would come between leadership and the idle steps.
 */
export function nextStep(unit: UnitState, facts: StepFacts): Step | undefined {
  const { operation } = unit;
  if (unit.removed || (unit.life === "dying" && !unit.installed && operation.kind !== "hook"))
    return { kind: "delete-unit" };
  if (operation.kind === "deploy") return { kind: "deploy" };
  if (operation.kind === "hook")
    return operation.step === "failed" ? undefined : { kind: "hook", run: operation };
  return unit.installed ? installedStep(unit, facts) : hook("install");
}

function installedStep(unit: UnitState, facts: StepFacts): Step | undefined {
  if (unit.started && unit.bootId !== facts.bootId) return hook("start");
  if (facts.isLeader && !unit.leader) return { kind: "accept-leadership" };
  if (!facts.isLeader && !unit.leaderSettingsSeen) return hook("leader-settings-changed");
  if (unit.life === "dying") return unit.stopped ? hook("remove") : hook("stop");
  if (facts.newRevision) return { kind: "hook", run: { hook: "secret-changed", secret: facts.newRevision } };
  if (unit.configHash !== facts.configHash) return hook("config-changed");
  return undefined;
}
