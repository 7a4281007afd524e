import type { UnitState } from "../state/agent-state.ts";
import type { HookRun, PlainHook, SecretRevision } from "./hook-names.ts";

export type Step =
  | { readonly kind: "deploy" }
  | { readonly kind: "hook"; readonly run: HookRun }
  | { readonly kind: "accept-leadership" }
  | { readonly kind: "bury" };

/** What the world is like when the next step of a unit is chosen. */
export interface StepFacts {
  readonly isLeader: boolean;
  readonly configHash: string;
  readonly bootId: string;
  /** A newer revision of a secret that the unit has read, and has not been told of. */
  readonly newRevision: SecretRevision | undefined;
}

const hook = (name: PlainHook): Step => ({ kind: "hook", run: { hook: name } });

/**
 * The next thing a unit has to do, in the order of Juju's resolvers, or nothing: it is idle, or a failed hook holds up
 * everything else. Relations and storage take their places between leadership and the idle steps.
 */
export function nextStep(unit: UnitState, facts: StepFacts): Step | undefined {
  const { operation } = unit;
  if (unit.removed || (unit.life === "dying" && !unit.installed && operation.kind !== "hook"))
    return { kind: "bury" };
  if (operation.kind === "deploy") return { kind: "deploy" };
  if (operation.kind === "hook")
    return operation.step === "queued" ? { kind: "hook", run: operation } : undefined;
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
