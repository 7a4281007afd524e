import { rm } from "node:fs/promises";

import { HookFailedError, RebootRequestedError } from "../agent-errors.ts";
import type { AgentSession } from "../agent-session.ts";
import { installCharmDirectory } from "../charm/charm-directory.ts";
import { configHash, effectiveConfig } from "../charm/config-options.ts";
import type { AgentState } from "../state/agent-state.ts";
import { HOOK_TOOLS } from "../../juju/tools/all-tools.ts";
import { flushed, type ContextRunner, type EndedContext } from "./context-runner.ts";
import { commitHook, queued, statusBefore, type CommitFacts } from "./hook-effects.ts";
import type { LifecycleHook } from "./hook-names.ts";
import { installToolShims } from "../../juju/hook-tool-shim.ts";
import { nextStep, type Step, type StepFacts } from "./next-step.ts";

/** Brings units to rest: runs what Juju's unit agent would run, in its order, until nothing is left to do. */
export class UnitSettler {
  readonly #session: AgentSession;
  readonly #contexts: ContextRunner;

  constructor(session: AgentSession, contexts: ContextRunner) {
    this.#session = session;
    this.#contexts = contexts;
  }

  /**
   * Runs the steps of a unit until it is idle, gone, or in error since before.
   *
   * @throws HookFailedError, RebootRequestedError, the signal's reason
   */
  async settle(name: string, signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      const unit = this.#session.state.units[name];
      const step = unit && nextStep(unit, this.#facts(name));
      if (!step) return;
      await this.#perform(name, step, signal);
    }
  }

  /** Lets a failed hook run again when the unit is settled. */
  async retryFailed(name: string): Promise<void> {
    const { operation } = this.#session.unit(name);
    if (operation.kind !== "hook" || operation.step !== "failed") return;
    await this.#session.updateUnit(name, { operation: queued(operation.hook) });
  }

  /** Takes a failed hook as if it had run well. */
  async skipFailed(name: string): Promise<void> {
    const unit = this.#session.unit(name);
    const { operation } = unit;
    if (operation.kind !== "hook" || operation.step !== "failed") return;
    await this.#session.updateUnit(name, commitHook(unit, operation.hook, this.#commitFacts(name)));
  }

  #facts(name: string): StepFacts {
    const { application: applicationName } = this.#session.unit(name);
    const application = this.#session.application(applicationName);
    const effective = effectiveConfig(application.charm.definition.options, application.config);
    return {
      isLeader: application.leader === name,
      configHash: configHash(effective),
      bootId: this.#session.deps.machine.bootId,
    };
  }

  #commitFacts(name: string): CommitFacts {
    return { ...this.#facts(name), now: this.#session.now };
  }

  async #perform(name: string, step: Step, signal: AbortSignal): Promise<void> {
    switch (step.kind) {
      case "deploy":
        return this.#deployCharm(name, signal);
      case "accept-leadership":
        return this.#session.updateUnit(name, { leader: true, operation: queued("leader-elected") });
      case "bury":
        return this.#bury(name);
      case "hook":
        return this.#runHook(name, step.hook, signal);
    }
  }

  async #deployCharm(name: string, signal: AbortSignal): Promise<void> {
    const { paths, deps } = this.#session;
    const unit = this.#session.unit(name);
    if (unit.operation.kind !== "deploy") return;
    const { charm } = this.#session.application(unit.application);
    const { revision, digest, definition } = charm;
    const release = { archive: paths.archive(digest), name: definition.name, revision };
    await installCharmDirectory(paths.agent(name), release, signal);
    const exec = deps.commandLine && {
      unit: name,
      command: [...deps.commandLine, "--state", paths.root, "exec", "--unit", name, "--"],
    };
    await installToolShims(paths.tools(name), HOOK_TOOLS.keys(), exec);
    await this.#session.updateUnit(name, { charmRevision: revision, operation: unit.operation.then });
  }

  async #runHook(name: string, hook: LifecycleHook, signal: AbortSignal): Promise<void> {
    const unit = this.#session.unit(name);
    const begin = {
      operation: { kind: "hook", hook, step: "running" },
      workload: statusBefore(unit, hook, this.#session.now),
      // A unit that was started before is started again because the machine has been.
      rebootRequested: unit.rebootRequested && !(hook === "start" && unit.started),
    } as const;
    const ended = await this.#contexts.run({ unit: name, task: { kind: "hook", name: hook }, begin }, signal);
    if (ended.outcome.exitCode === 0) await this.#commit(name, hook, ended);
    else await this.#giveUp(name, hook, ended, signal);
  }

  async #commit(name: string, hook: LifecycleHook, { pending }: EndedContext): Promise<void> {
    const unit = this.#session.unit(name);
    const commit = commitHook(unit, hook, this.#commitFacts(name));
    await this.#session.updateUnit(name, {
      ...flushed(unit, pending),
      ...commit,
      agentSince: this.#session.now,
    });
    if (pending.reboot)
      this.#session.log(name, hook, "WARNING", "The charm asked for a reboot of the machine");
  }

  async #giveUp(name: string, hook: LifecycleHook, ended: EndedContext, signal: AbortSignal): Promise<void> {
    const { outcome, pending } = ended;
    const killed = outcome.signal === "SIGKILL" || outcome.signal === "SIGTERM";
    if (killed && !signal.aborted) {
      this.#session.log(name, hook, "WARNING", `hook "${hook}" was terminated, it runs again`);
      await this.#endHook(name, hook, "queued");
      if (pending.reboot) await this.#stopForReboot(name, hook);
      return;
    }
    const fault = outcome.startError?.message ?? describeExit(outcome);
    this.#session.log(name, hook, "ERROR", `hook "${hook}" failed: ${fault}`);
    await this.#endHook(name, hook, "failed");
    signal.throwIfAborted();
    throw new HookFailedError(name, hook, { cause: outcome.startError });
  }

  async #endHook(name: string, hook: LifecycleHook, step: "queued" | "failed"): Promise<void> {
    await this.#session.updateUnit(name, {
      operation: { kind: "hook", hook, step },
      runningContext: undefined,
      agentSince: this.#session.now,
    });
  }

  async #stopForReboot(name: string, hook: LifecycleHook): Promise<never> {
    await this.#session.updateUnit(name, { rebootRequested: true });
    throw new RebootRequestedError(name, hook);
  }

  /** Files first: a kill in between is followed by another burial. */
  async #bury(name: string): Promise<void> {
    const { paths } = this.#session;
    await rm(paths.agent(name), { recursive: true, force: true });
    await rm(paths.tools(name), { recursive: true, force: true });
    const { application } = this.#session.unit(name);
    const heir = this.#session.unitsOf(application).find((unit) => unit !== name);
    await this.#session.update((state) => withoutUnit(state, name, application, heir));
  }
}

function withoutUnit(
  state: AgentState,
  name: string,
  application: string,
  heir: string | undefined,
): AgentState {
  const units = without(state.units, name);
  const others = without(state.applications, application);
  const owner = state.applications[application];
  if (owner === undefined || heir === undefined) return { ...state, units, applications: others };
  const leader = owner.leader === name ? heir : owner.leader;
  return { ...state, units, applications: { ...others, [application]: { ...owner, leader } } };
}

function describeExit({ exitCode, signal }: EndedContext["outcome"]): string {
  return signal === undefined ? `exit status ${exitCode ?? 1}` : `signal: ${signal}`;
}

function without<T>(record: Readonly<Record<string, T>>, name: string): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(record).filter(([key]) => key !== name));
}
