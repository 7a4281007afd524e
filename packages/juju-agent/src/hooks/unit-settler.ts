import { rm } from "node:fs/promises";

import { HookFailedError, RebootRequestedError } from "../agent-errors.ts";
import type { AgentSession } from "../agent-session.ts";
import { installCharmDirectory } from "../charm/charm-directory.ts";
import { configHash, effectiveConfig } from "../charm/config-options.ts";
import type { AgentState, UnitState } from "../state/agent-state.ts";
import { newRevisionFor, withoutGrants } from "../state/model-secrets.ts";
import { HOOK_TOOLS, installToolShims, type HookSecret } from "juju-hook-tools";
import { flushed, type ContextRunner, type EndedContext } from "./context-runner.ts";
import { commitHook, queued, statusBefore, type CommitFacts } from "./hook-effects.ts";
import type { HookRun } from "./hook-names.ts";
import { nextStep, type Step, type StepFacts } from "./next-step.ts";

/** Runs the steps that Juju's unit agent would run, in its order, until a unit is idle. */
export class UnitSettler {
  readonly #session: AgentSession;
  readonly #contexts: ContextRunner;

  constructor(session: AgentSession, contexts: ContextRunner) {
    this.#session = session;
    this.#contexts = contexts;
  }

  /**
   * Runs a unit's steps until it is idle, removed, or blocked by a hook that had failed before.
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

  /** Queues a failed hook again; it runs when the unit is settled. */
  async retryFailed(name: string): Promise<void> {
    const { operation } = this.#session.unit(name);
    if (operation.kind !== "hook" || operation.step !== "failed") return;
    await this.#session.updateUnit(name, { operation: { ...operation, step: "queued" } });
  }

  /** Marks a failed or interrupted hook as successful. */
  async skipFailed(name: string): Promise<void> {
    const unit = this.#session.unit(name);
    const { operation } = unit;
    if (operation.kind !== "hook" || (operation.step !== "failed" && operation.step !== "interrupted"))
      return;
    await this.#session.updateUnit(name, commitHook(unit, operation, this.#commitFacts(name)));
  }

  /** Installs a unit's hook tools, and a `juju-exec` that calls the agent. */
  async installTools(name: string): Promise<void> {
    const { paths, dependencies } = this.#session;
    const exec = dependencies.commandLine && {
      unit: name,
      command: [...dependencies.commandLine, "--state", paths.root, "exec", "--unit", name, "--"],
    };
    await installToolShims(paths.tools(name), HOOK_TOOLS.keys(), exec);
  }

  #facts(name: string): StepFacts {
    const { application: applicationName } = this.#session.unit(name);
    const application = this.#session.application(applicationName);
    const effective = effectiveConfig(application.charm.definition.options, application.config);
    return {
      isLeader: application.leader === name,
      configHash: configHash(effective),
      bootId: this.#session.dependencies.machine.bootId,
      newRevision: newRevisionFor(this.#session.unit(name), this.#session.state.secrets),
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
      case "delete-unit":
        return this.#deleteUnit(name);
      case "hook":
        return this.#runHook(name, step.run, signal);
    }
  }

  async #deployCharm(name: string, signal: AbortSignal): Promise<void> {
    const { paths } = this.#session;
    const unit = this.#session.unit(name);
    if (unit.operation.kind !== "deploy") return;
    const { charm } = this.#session.application(unit.application);
    const { revision, digest, definition } = charm;
    const release = { archive: paths.archive(digest), name: definition.name, revision };
    await installCharmDirectory(paths.agent(name), release, signal);
    await this.installTools(name);
    await this.#session.updateUnit(name, { charmRevision: revision, operation: unit.operation.then });
  }

  async #runHook(name: string, run: HookRun, signal: AbortSignal): Promise<void> {
    const unit = this.#session.unit(name);
    const { hook } = run;
    const begin = {
      operation: { ...run, kind: "hook", step: "running" },
      workload: statusBefore(unit, hook, this.#session.now),
      // A started unit runs start again only after a reboot of the machine.
      rebootRequested: unit.rebootRequested && !(hook === "start" && unit.started),
    } as const;
    const task = { kind: "hook", name: hook, ...hookSecret(unit, run) } as const;
    const ended = await this.#contexts.run({ unit: name, task, begin }, signal);
    if (ended.outcome.exitCode === 0 && ended.pending.refusal === undefined)
      await this.#commit(name, run, ended);
    else await this.#fail(name, run, ended, signal);
  }

  async #commit(name: string, run: HookRun, { pending }: EndedContext): Promise<void> {
    const unit = this.#session.unit(name);
    const commit = commitHook(unit, run, this.#commitFacts(name));
    await this.#session.updateUnit(name, {
      ...flushed(unit, pending),
      ...commit,
      agentSince: this.#session.now,
    });
    if (pending.reboot)
      this.#session.log(name, run.hook, "WARNING", "The charm requested a reboot of the machine");
  }

  async #fail(name: string, run: HookRun, ended: EndedContext, signal: AbortSignal): Promise<void> {
    const { outcome, pending } = ended;
    const { hook } = run;
    const killed = outcome.signal === "SIGKILL" || outcome.signal === "SIGTERM";
    if (killed && !signal.aborted) {
      this.#session.log(name, hook, "WARNING", `hook "${hook}" was terminated, it runs again`);
      await this.#endHook(name, run, "queued");
      if (pending.reboot) await this.#stopForReboot(name, hook);
      return;
    }
    if (signal.aborted) {
      this.#session.log(
        name,
        hook,
        "WARNING",
        `hook "${hook}" was interrupted, it runs again with the next command`,
      );
      await this.#endHook(name, run, "interrupted");
      signal.throwIfAborted();
    }
    const detail = outcome.startError?.message ?? pending.refusal ?? describeExit(outcome);
    this.#session.log(name, hook, "ERROR", `hook "${hook}" failed: ${detail}`);
    await this.#endHook(name, run, "failed");
    throw new HookFailedError(name, hook, { cause: outcome.startError });
  }

  async #endHook(name: string, run: HookRun, step: "queued" | "interrupted" | "failed"): Promise<void> {
    await this.#session.updateUnit(name, {
      operation: { ...run, kind: "hook", step },
      runningContext: undefined,
      agentSince: this.#session.now,
    });
  }

  async #stopForReboot(name: string, hook: HookRun["hook"]): Promise<never> {
    await this.#session.updateUnit(name, { rebootRequested: true });
    throw new RebootRequestedError(name, hook);
  }

  /** Deletes the files before the record: after a kill in between, the step runs again. */
  async #deleteUnit(name: string): Promise<void> {
    const { paths } = this.#session;
    await rm(paths.agent(name), { recursive: true, force: true });
    await rm(paths.tools(name), { recursive: true, force: true });
    const { application } = this.#session.unit(name);
    const nextLeader = this.#session.unitsOf(application).find((unit) => unit !== name);
    await this.#session.update((state) => withoutUnit(state, name, application, nextLeader));
  }
}

function withoutUnit(
  state: AgentState,
  name: string,
  application: string,
  nextLeader: string | undefined,
): AgentState {
  const units = without(state.units, name);
  const others = without(state.applications, application);
  const owner = state.applications[application];
  if (owner === undefined || nextLeader === undefined) {
    return withoutGrants({ ...state, units, applications: others }, application);
  }
  const leader = owner.leader === name ? nextLeader : owner.leader;
  return { ...state, units, applications: { ...others, [application]: { ...owner, leader } } };
}

function hookSecret({ consumed }: UnitState, run: HookRun): { readonly secret?: HookSecret } {
  if (run.hook !== "secret-changed") return {};
  const { id } = run.secret;
  return { secret: { uri: `secret:${id}`, label: consumed?.[id]?.label ?? "" } };
}

function describeExit({ exitCode, signal }: EndedContext["outcome"]): string {
  return signal === undefined ? `exit status ${exitCode ?? 1}` : `signal: ${signal}`;
}

function without<T>(record: Readonly<Record<string, T>>, name: string): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(record).filter(([key]) => key !== name));
}
