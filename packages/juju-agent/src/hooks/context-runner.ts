import { randomBytes } from "node:crypto";
import { join } from "node:path";

import type { JsonObject } from "juju-hook-tools";
import type { AgentSession } from "../agent-session.ts";
import { ServedBackend } from "../backend/served-backend.ts";
import { effectiveConfig } from "../charm/config-options.ts";
import { withApplication, type UnitState } from "../state/agent-state.ts";
import { shownStatus } from "../state/shown-status.ts";
import {
  CharmProcess,
  buildHookEnvironment,
  differencesOf,
  HookToolServer,
  HOOK_TOOLS,
  type OutputName,
  type ProcessOutcome,
  type JujuBackend,
  type HookTask,
} from "juju-hook-tools";
import type { ActionProgress, HookContext, ImmediateEffects, PendingChanges } from "./hook-context.ts";

/** A context to run. */
export interface ContextPlan {
  readonly unit: string;
  readonly task: HookTask;
  /** Parameters of an action. */
  readonly parameters?: JsonObject;
  /** Changes to record in the unit before the process starts. */
  readonly begin?: Partial<UnitState>;
}

/** A context that has ended. Its pending changes are not committed yet. */
export interface EndedContext {
  readonly outcome: ProcessOutcome;
  readonly pending: PendingChanges;
  readonly action: ActionProgress | undefined;
}

/** Runs the charm in contexts, one after the other. */
export class ContextRunner {
  readonly #session: AgentSession;
  #running: CharmProcess | undefined;

  constructor(session: AgentSession) {
    this.#session = session;
  }

  /** Sends SIGKILL to the running process. @returns false when there is none */
  kill(): boolean {
    this.#running?.kill();
    return this.#running !== undefined;
  }

  /**
   * Records the context, serves its hook tools and waits for its process, which an aborted `signal` kills. The caller
   * commits the pending changes and the end of the context together.
   */
  async run(plan: ContextPlan, signal: AbortSignal): Promise<EndedContext> {
    const id = `${plan.unit}-${contextNameOf(plan.task)}-${randomBytes(16).toString("hex")}`;
    await this.#session.updateUnit(plan.unit, {
      ...plan.begin,
      runningContext: id,
      agentSince: this.#session.now,
    });
    const context = this.#createContext(id, plan);
    const { paths, dependencies } = this.#session;
    const backend: JujuBackend = new ServedBackend(context, () => dependencies.clock.now());
    const server = new HookToolServer(paths.socket(plan.unit), { id, tools: HOOK_TOOLS, context: backend });
    await server.listen();
    try {
      signal.throwIfAborted();
      const outcome = await this.#runProcess(context, signal);
      return { outcome, pending: context.pending, action: context.action };
    } finally {
      await server.close();
    }
  }

  async #runProcess(context: HookContext, signal: AbortSignal): Promise<ProcessOutcome> {
    const { dependencies } = this.#session;
    const [unit, name, startedAt] = [context.unit, nameOf(context.task), dependencies.clock.now()];
    dependencies.onEvent?.({ kind: "context-started", unit, name, contextId: context.id });
    const child = new CharmProcess(this.#processPlan(context), dependencies.clock);
    this.#running = child;
    const kill = () => {
      child.kill();
    };
    signal.addEventListener("abort", kill, { once: true });
    try {
      const outcome = await child.outcome;
      const durationMs = dependencies.clock.now() - startedAt;
      dependencies.onEvent?.({ kind: "context-ended", unit, name, exitCode: outcome.exitCode, durationMs });
      return outcome;
    } finally {
      signal.removeEventListener("abort", kill);
      this.#running = undefined;
    }
  }

  #processPlan({ id, unit, task }: HookContext) {
    const { paths, dependencies, state } = this.#session;
    const directory = paths.charm(unit);
    const environment = buildHookEnvironment({
      unit,
      contextId: id,
      charmDirectory: directory,
      toolsDirectory: paths.tools(unit),
      socket: paths.socket(unit),
      model: state.model,
      path: dependencies.machine.path,
      distribution: dependencies.machine.distribution,
      jujuVersion: dependencies.jujuVersion,
      task,
    });
    const onLine = (stream: OutputName, line: string) => {
      this.#session.log(unit, nameOf(task), stream === "stdout" ? "DEBUG" : "WARNING", line);
    };
    const program =
      task.kind === "commands"
        ? { file: "/bin/bash", argv: ["-s"], input: task.script }
        : { file: join(directory, "dispatch"), argv: [] };
    const own = {
      [PROGRAMS_VARIABLE]: paths.programs(unit),
      [LIVE_VIEW_VARIABLE]: paths.liveView(unit),
    };
    return { ...program, directory, environment: { ...environment, ...own }, onLine };
  }

  #createContext(id: string, { unit: name, task, parameters }: ContextPlan): HookContext {
    const unit = this.#session.unit(name);
    const application = this.#session.application(unit.application);
    const { options } = application.charm.definition;
    const pending = { ports: unit.ports, stored: unit.stored, reboot: false, refusal: undefined };
    return {
      id,
      differences: differencesOf(this.#session.dependencies.jujuVersion),
      unit: name,
      application: unit.application,
      task,
      isLeader: application.leader === name,
      options,
      config: effectiveConfig(options, application.config),
      pending,
      action:
        task.kind === "action"
          ? { parameters: parameters ?? {}, results: {}, failure: undefined }
          : undefined,
      address: this.#session.dependencies.machine.address,
      effects: this.#effects(name, unit.application, task),
      state: () => this.#session.state,
      status: () => shownStatus(this.#session.unit(name)),
    };
  }

  #effects(unit: string, application: string, task: HookTask): ImmediateEffects {
    const session = this.#session;
    return {
      setStatus: (name, message) =>
        session.updateUnit(unit, { workload: { name, message, since: session.now }, statusSet: true }),
      setApplicationStatus: (name, message) =>
        session.update((state) =>
          withApplication(state, application, { status: { name, message, since: session.now } }),
        ),
      setWorkloadVersion: (workloadVersion) =>
        session.update((state) => withApplication(state, application, { workloadVersion })),
      log: (source, level, message) => {
        session.log(unit, source, level, message);
      },
      logAction: (message) => this.#logAction(unit, task, message),
      consume: (id, secret) =>
        session.updateUnit(unit, { consumed: { ...session.unit(unit).consumed, [id]: secret } }),
      rebootNow: () => {
        this.kill();
      },
    };
  }

  async #logAction(unit: string, task: HookTask, message: string): Promise<void> {
    if (task.kind !== "action") return;
    this.#session.log(unit, task.name, "INFO", message);
    await this.#session.update((state) => ({
      ...state,
      actions: state.actions.map((action) =>
        action.id === task.id ? { ...action, log: [...action.log, message] } : action,
      ),
    }));
  }
}

/** Names the directory in which hooks declare programs to be kept running. */
const PROGRAMS_VARIABLE = "CHARM_PROGRAMS_DIRECTORY";

/** Names the file in which hooks declare the socket of their live view. */
const LIVE_VIEW_VARIABLE = "CHARM_LIVE_VIEW_FILE";

/** Name in the context's ID: the commands of `juju exec` are an action of that name to Juju. */
function contextNameOf(task: HookTask): string {
  return task.kind === "commands" ? "juju-exec" : task.name;
}

/** Name of the context in the log and in events. */
function nameOf(task: HookTask): string {
  return task.kind === "commands" ? "run-commands" : task.name;
}

/** Changes to a unit that commit a context's pending changes. */
export function flushed(unit: UnitState, pending: PendingChanges): Partial<UnitState> {
  return {
    ports: pending.ports,
    stored: pending.stored,
    rebootRequested: unit.rebootRequested || pending.reboot,
    runningContext: undefined,
  };
}
