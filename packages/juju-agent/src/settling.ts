import { HookFailedError } from "./agent-errors.ts";
import { retriesHooks } from "./model-config.ts";
import type { AgentSession } from "./agent-session.ts";
import { queued } from "./hooks/hook-effects.ts";
import type { PlainHook } from "./hooks/hook-names.ts";
import type { ContextRunner } from "./hooks/context-runner.ts";
import type { UnitSettler } from "./hooks/unit-settler.ts";

/** The parts of an agent that holds the lock of its state directory. */
export interface LockedAgent {
  readonly session: AgentSession;
  readonly contexts: ContextRunner;
  readonly settler: UnitSettler;
}

/** Settles the units of an application, one after the other. @throws HookFailedError */
export async function settleAll(agent: LockedAgent, application: string, signal: AbortSignal): Promise<void> {
  for (const unit of agent.session.unitsOf(application)) await settleUnit(agent, unit, signal);
}

/** Settles a unit; retries a failed hook unless the model forbids it. @throws HookFailedError */
export async function settleUnit(
  { session, settler }: LockedAgent,
  unit: string,
  signal: AbortSignal,
): Promise<void> {
  await settler.settle(unit, signal);
  if (session.state.units[unit] && retriesHooks(session.state.model.config)) {
    await settler.retryFailed(unit);
    await settler.settle(unit, signal);
  }
  const { operation } = session.state.units[unit] ?? {};
  if (operation?.kind === "hook") throw new HookFailedError(unit, operation.hook);
}

/**
 * Settles the units of all applications, after a change that a person has made to end a condition. Those of the
 * applications that the change is about run config-changed, so that they notice; Juju runs no hook then. All units are
 * tried.
 *
 * @param concerned names of these applications
 * @throws the first unit's HookFailedError
 */
export async function settleAfterRemedy(
  agent: LockedAgent,
  concerned: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const others = Object.keys(agent.session.state.applications).filter((name) => !concerned.includes(name));
  await tryAll(agent, [...others, ...concerned], async (name, application) => {
    if (concerned.includes(application)) await settleAndRun(agent, name, "config-changed", signal);
    else await settleUnit(agent, name, signal);
  });
}

/**
 * Settles the units of applications, and runs a hook in those that are started. All units are tried.
 *
 * @throws the first unit's HookFailedError
 */
export async function runHookIn(
  agent: LockedAgent,
  applications: readonly string[],
  hook: PlainHook,
  signal: AbortSignal,
): Promise<void> {
  await tryAll(agent, applications, (name) => settleAndRun(agent, name, hook, signal));
}

async function tryAll(
  { session }: LockedAgent,
  applications: readonly string[],
  work: (unit: string, application: string) => Promise<void>,
): Promise<void> {
  const failures: HookFailedError[] = [];
  for (const application of applications) {
    for (const unit of session.unitsOf(application)) {
      try {
        await work(unit, application);
      } catch (thrown) {
        if (!(thrown instanceof HookFailedError)) throw thrown;
        failures.push(thrown);
      }
    }
  }
  if (failures[0]) throw failures[0];
}

async function settleAndRun(
  agent: LockedAgent,
  name: string,
  hook: PlainHook,
  signal: AbortSignal,
): Promise<void> {
  await settleUnit(agent, name, signal);
  const unit = agent.session.state.units[name];
  if (unit?.started !== true || unit.operation.kind !== "continue") return;
  await agent.session.updateUnit(name, { operation: queued(hook) });
  await settleUnit(agent, name, signal);
}

/** Settles a dying unit; skips failing hooks. */
export async function settleSkippingFailures(
  { session, settler }: LockedAgent,
  unit: string,
  signal: AbortSignal,
): Promise<void> {
  while (session.state.units[unit]) {
    await settler.skipFailed(unit);
    try {
      await settler.settle(unit, signal);
    } catch (thrown) {
      if (!(thrown instanceof HookFailedError)) throw thrown;
    }
  }
}
