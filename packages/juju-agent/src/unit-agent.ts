import { copyFile, mkdir } from "node:fs/promises";
import { constants } from "node:fs";

import type { JsonObject } from "juju-hook-tools";
import { makeFileAtomically, withDeadline } from "charm-kit";
import { ActionRunner } from "./action-runner.ts";
import { AgentRequestError, HookFailedError } from "./agent-errors.ts";
import { AgentPaths } from "./agent-paths.ts";
import { AgentSecrets, type SecretStore } from "./agent-secrets.ts";
import { AgentSession, type UnitAgentDependencies } from "./agent-session.ts";
import { AgentLog, readLastLines } from "./agent-log.ts";
import { followLog } from "./follow-log.ts";
import { replaceCharm } from "./charm-upgrade.ts";
import { collectArchives } from "./charm/archive-store.ts";
import { digestFile, readCharmArchive } from "./charm/charm-archive.ts";
import { assertRunsOn, type CharmDefinition } from "./charm/charm-definition.ts";
import { changeConfig, type ConfigChange } from "./charm/config-options.ts";
import { askLiveView, readLiveSocket } from "./live/ask-live-view.ts";
import type { LiveView } from "./live/live-view.ts";
import { watchLiveViews } from "./live/watch-live-views.ts";
import { readDeclaredPrograms } from "./service/declared-programs.ts";
import { supervisePrograms } from "./service/supervise-programs.ts";
import { ScriptRunner, type ExecOutcome } from "./script-runner.ts";
import { ContextRunner } from "./hooks/context-runner.ts";
import { queued } from "./hooks/hook-effects.ts";
import { FIREABLE_HOOKS } from "./hooks/hook-names.ts";
import { UnitSettler } from "./hooks/unit-settler.ts";
import { describeModel, type ModelStatus } from "./model-status.ts";
import { describeConfig, type ConfigDescription } from "./charm/config-description.ts";
import { changeModelConfig, RETRY_SETTING, retriesHooks } from "./model-config.ts";
import { newUnit } from "./new-unit.ts";
import {
  settleAfterRemedy,
  settleAll,
  settleSkippingFailures,
  settleUnit,
  runHookIn,
  type LockedAgent,
} from "./settling.ts";
import { waitForStatus, type WaitEnd, type WaitRequest } from "./wait-for-status.ts";
import { recoverKilledAgent } from "./recovery.ts";
import { withApplication, type ActionRecord, type DeployedCharm } from "./state/agent-state.ts";
import { operationLock } from "./state/operation-lock.ts";
import { readState } from "./state/state-store.ts";

/** Options of a deployment. */
export interface DeployOptions {
  /** Path of the archive. */
  readonly archive: string;
  /** @default the name of the charm */
  readonly application?: string;
  /** @default {} */
  readonly config?: ConfigChange;
  /** @default 0 for a new application, else the next free one */
  readonly unitNumber?: number;
}

/** A charm to replace. */
interface Refresh {
  readonly application: string;
  /** Path of the charm archive. */
  readonly archive: string;
  /** Whether also a unit in error gets the new charm. */
  readonly force: boolean;
}

/** An action to run. */
export interface RunActionOptions {
  readonly unit: string;
  readonly action: string;
  readonly parameters?: JsonObject;
}

/** How long a call waits for the lock: hooks have no time limit, and may build images. */
const LONGEST_WAIT_MS = 60 * 60 * 1000;

/**
 * Juju's unit agent for one machine, without a controller: it runs packed charms from a state directory, with Juju's
 * hook tools, order of hooks, configuration, actions and status (Juju 3.6).
 *
 * A call waits for the lock of the state directory, runs every hook that Juju would run until the units are idle, and
 * resolves. A failed hook blocks the unit's other hooks. `resolve` retries it, and so does the next call that runs
 * hooks unless the model has `automatically-retry-hooks=false`. Actions and scripts still run. Hooks have no time
 * limit, as in Juju; abort the signal to end one.
 */
export class UnitAgent {
  readonly secrets: AgentSecrets;
  readonly #dependencies: UnitAgentDependencies;
  readonly #paths: AgentPaths;
  #contexts: ContextRunner | undefined;

  constructor(dependencies: UnitAgentDependencies) {
    this.#dependencies = dependencies;
    this.#paths = new AgentPaths(dependencies.stateDirectory);
    this.secrets = new AgentSecrets({
      change: (...call) => this.#changeSecrets(...call),
      read: () => readState(this.#paths.state),
    });
  }

  /**
   * Deploys an archive, or adds a unit to an application with the same archive.
   *
   * @returns the name of the unit
   * @throws CharmArchiveError, AgentRequestError, HookFailedError
   */
  async deploy(options: DeployOptions, signal: AbortSignal): Promise<string> {
    const definition = await this.#readArchive(options.archive, signal);
    return this.#withLock(signal, async (agent) => {
      const { session } = agent;
      const application = options.application ?? definition.name;
      const digest = await this.#keepArchive(options.archive, signal);
      const added = newUnit(session.state, {
        ...options,
        application,
        charm: { definition, digest, revision: 0, ...this.#ownership(options.archive) },
      });
      await session.update(() => added.state(session.now));
      await settleUnit(agent, added.name, signal);
      return added.name;
    });
  }

  /** Changes options; runs config-changed when a value changed. @throws AgentRequestError, HookFailedError */
  async configure(application: string, change: ConfigChange, signal: AbortSignal): Promise<void> {
    await this.#withLock(signal, async (agent) => {
      const { charm, config } = agent.session.application(application);
      const changed = changeConfig(charm.definition.options, config, change);
      await agent.session.update((state) => withApplication(state, application, { config: changed }));
      await settleAll(agent, application, signal);
    });
  }

  /** The options of an application with their values. */
  async configuration(application: string): Promise<ConfigDescription> {
    const { charm, config } = (await AgentSession.open(this.#dependencies)).application(application);
    return describeConfig(charm.definition.options, config);
  }

  /**
   * Changes model settings, such as `juju-http-proxy`. When a setting that hooks see has another value then, all units run
   * config-changed; Juju runs no hook then.
   *
   * @throws AgentRequestError, HookFailedError
   */
  async configureModel(change: Readonly<Record<string, string>>, signal: AbortSignal): Promise<void> {
    await this.#withLock(signal, async (agent) => {
      const { session } = agent;
      const before = session.state.model.config;
      await session.update((state) => changeModelConfig(state, change));
      const { config } = session.state.model;
      const changed = Object.keys(change).filter((name) => config[name] !== before[name]);
      const isSeen = changed.some((name) => name !== RETRY_SETTING);
      if (isSeen) await settleAfterRemedy(agent, Object.keys(session.state.applications), signal);
      else if (changed.length > 0 && retriesHooks(config)) await settleAfterRemedy(agent, [], signal);
    });
  }

  /** The model settings that were set. */
  async modelConfiguration(): Promise<Readonly<Record<string, string>>> {
    return (await AgentSession.open(this.#dependencies)).state.model.config;
  }

  /** The name of an application's charm. @throws AgentRequestError */
  async charmOf(application: string): Promise<string> {
    return (await AgentSession.open(this.#dependencies)).application(application).charm.definition.name;
  }

  /** The name of the charm in an archive. @throws CharmArchiveError */
  async charmIn(archive: string, signal: AbortSignal): Promise<string> {
    return (await this.#readArchive(archive, signal)).name;
  }

  /** Runs an action and records its outcome. @throws AgentRequestError when it is not defined or a parameter is invalid */
  async runAction(options: RunActionOptions, signal: AbortSignal): Promise<ActionRecord> {
    return this.#withLock(signal, ({ session, contexts }) =>
      new ActionRunner(session, contexts).run(options, signal),
    );
  }

  /** Runs a script in the unit as `juju exec` does; its changes are kept even when it fails. */
  async exec(unit: string, script: string, signal: AbortSignal): Promise<ExecOutcome> {
    return this.#withLock(signal, ({ session, contexts }) =>
      new ScriptRunner(session, contexts).run(unit, script, signal),
    );
  }

  /**
   * Dispatches a custom event of the charm, as its timers do through `juju-exec`. A charm of the framework juju-charm ends
   * with 2, and does nothing, when it does not observe the event; others may ignore it.
   */
  async dispatchEvent(unit: string, event: string, signal: AbortSignal): Promise<ExecOutcome> {
    if (!/^[a-z][a-z0-9-]*$/.test(event))
      throw new AgentRequestError(`Cannot dispatch "${event}": it is not a valid event name`);
    return this.exec(
      unit,
      `JUJU_DISPATCH_PATH=hooks/${event} CHARM_EVENT_MUST_BE_OBSERVED=true ./dispatch`,
      signal,
    );
  }

  /** Runs a hook now, and the hooks that result from it. @throws AgentRequestError, HookFailedError */
  async fireHook(unit: string, hook: string, signal: AbortSignal): Promise<void> {
    const fired = FIREABLE_HOOKS.find((name) => name === hook);
    if (fired === undefined) {
      throw new AgentRequestError(`Cannot fire "${hook}": use one of ${FIREABLE_HOOKS.join(", ")}`);
    }
    await this.#withLock(signal, async (agent) => {
      await settleAll(agent, agent.session.unit(unit).application, signal);
      assertIdle(agent.session, unit);
      await agent.session.updateUnit(unit, { operation: queued(fired) });
      await agent.settler.settle(unit, signal);
    });
  }

  /**
   * Runs the hooks that are due, such as start after a reboot, and then update-status, in all units. A unit in error does
   * not keep the others from it. Applications of the program's own charm get its archive before, after a change of the
   * program.
   *
   * @throws HookFailedError of the first unit in error, after all units were tried
   */
  async updateStatus(signal: AbortSignal): Promise<void> {
    await this.followOwnCharm(signal);
    await this.#withLock(signal, (agent) =>
      runHookIn(agent, Object.keys(agent.session.state.applications), "update-status", signal),
    );
  }

  /**
   * Replaces an application's charm. A unit in error gets the new charm only with `force`; as in Juju, it then retries
   * its failed hook and does not run upgrade-charm.
   *
   * @throws CharmArchiveError, AgentRequestError, HookFailedError
   */
  async refresh(application: string, archive: string, force: boolean, signal: AbortSignal): Promise<void> {
    await this.#refreshIf(() => true, { application, archive, force }, signal);
  }

  async #refreshIf(
    isDue: (charm: DeployedCharm) => boolean,
    { application, archive, force }: Refresh,
    signal: AbortSignal,
  ): Promise<void> {
    const definition = await this.#readArchive(archive, signal);
    await this.#withLock(signal, async (agent) => {
      const { charm } = agent.session.application(application);
      if (!isDue(charm)) return;
      if (charm.definition.name !== definition.name) {
        throw new AgentRequestError(
          `Cannot refresh ${application}: it runs ${charm.definition.name}, not ${definition.name}`,
        );
      }
      if (!force) await settleAll(agent, application, signal);
      const digest = await this.#keepArchive(archive, signal);
      const revision = charm.revision + 1;
      const replacement = { definition, digest, revision, ...this.#ownership(archive) };
      await replaceCharm(agent.session, application, replacement);
      await settleAll(agent, application, signal);
      await collectArchives(this.#paths.archives, agent.session.state);
    });
  }

  /**
   * Gives the applications of the program's own charm its archive, where they have that of another version: a newer or an
   * older one. A unit in error gets it too, and retries its failed hook with it.
   *
   * @returns names of the applications that have another archive now
   * @throws HookFailedError of the first such unit, after all were tried
   */
  async followOwnCharm(signal: AbortSignal): Promise<readonly string[]> {
    const { ownCharm } = this.#dependencies;
    const state = ownCharm === undefined ? undefined : await readState(this.#paths.state);
    if (ownCharm === undefined || state === undefined) return [];
    const { archive, digest } = ownCharm;
    const outdated = Object.values(state.applications)
      .filter(({ charm }) => charm.isOwn === true && charm.digest !== digest)
      .map(({ name }) => name);
    const failures: HookFailedError[] = [];
    for (const name of outdated) {
      try {
        // Another process, such as that of the timer, may have done it in the meantime.
        await this.#refreshIf(
          (charm) => charm.digest !== digest,
          { application: name, archive, force: true },
          signal,
        );
      } catch (thrown) {
        if (!(thrown instanceof HookFailedError)) throw thrown;
        failures.push(thrown);
      }
    }
    if (failures[0]) throw failures[0];
    return outdated;
  }

  /** Retries a unit's failed hook, or without `retry` marks it as done. @throws HookFailedError */
  async resolve(unit: string, retry: boolean, signal: AbortSignal): Promise<void> {
    await this.#withLock(signal, async ({ session, settler }) => {
      session.unit(unit);
      await session.updateUnit(unit, { rebootRequested: false });
      if (retry) await settler.retryFailed(unit);
      else await settler.skipFailed(unit);
      await settler.settle(unit, signal);
    });
  }

  /** Stops and removes all units of an application; with `force` also when hooks fail. */
  async remove(application: string, force: boolean, signal: AbortSignal): Promise<void> {
    await this.#withLock(signal, async (agent) => {
      agent.session.application(application);
      const units = agent.session.unitsOf(application);
      for (const unit of units) await agent.session.updateUnit(unit, { life: "dying" });
      for (const unit of units) {
        if (force) await settleSkippingFailures(agent, unit, signal);
        else await settleUnit(agent, unit, signal);
      }
      await collectArchives(this.#paths.archives, agent.session.state);
    });
  }

  /** Lets the tools of all units call the agent by its current command line. */
  async renewTools(signal: AbortSignal): Promise<void> {
    await this.#withLock(signal, async ({ session, settler }) => {
      const units = Object.values(session.state.units).filter(({ operation }) => operation.kind !== "deploy");
      for (const { name } of units) await settler.installTools(name);
    });
  }

  /**
   * Keeps the programs running that hooks have declared in the directory `CHARM_PROGRAMS_DIRECTORY`, until the signal is
   * aborted; then ends them. Other calls work meanwhile.
   */
  async supervisePrograms(signal: AbortSignal): Promise<void> {
    const { clock, machine, onEvent } = this.#dependencies;
    const log = new AgentLog(this.#paths.log, clock, (line) => onEvent?.({ kind: "log", line }));
    const told = new Set<string>();
    const declaredOf = (unit: string) =>
      readDeclaredPrograms(unit, this.#paths.programs(unit), (text) => {
        if (!told.has(text)) log.write(unit, "programs", "WARNING", text);
        told.add(text);
      });
    const declared = async () => {
      const units = Object.keys((await readState(this.#paths.state))?.units ?? {});
      return (await Promise.all(units.map(declaredOf))).flat();
    };
    await supervisePrograms(
      {
        clock,
        declared,
        path: machine.path,
        log: ({ unit, name }, line) => {
          log.write(unit, name, "INFO", line);
        },
      },
      signal,
    );
  }

  /** Deletes all files of the agent. @throws AgentRequestError while an application is deployed */
  async deleteState(signal: AbortSignal): Promise<void> {
    await this.#withLock(signal, async ({ session }) => {
      const deployed = Object.keys(session.state.applications);
      if (deployed.length > 0)
        throw new AgentRequestError(
          `Cannot delete the state: ${deployed.join(", ")} is deployed, remove it first`,
        );
      await this.#paths.delete();
    });
  }

  /** The model's status; never waits for the lock. */
  async status(): Promise<ModelStatus> {
    const lock = await operationLock(this.#dependencies.stateDirectory);
    const busy = await lock.isHeld();
    const { bootId, address } = this.#dependencies.machine;
    return describeModel(await readState(this.#paths.state), { busy, bootId, address: address.value });
  }

  /**
   * What the units' own programs tell of them, by the units' names. A charm's hooks declare the Unix socket of such a program in
   * the file `CHARM_LIVE_VIEW_FILE`, as `{"socket": "/path"}`; it answers `GET /view` with a view, and `GET /view/events` with a
   * stream of server-sent events.
   */
  async liveViews(signal: AbortSignal): Promise<Readonly<Record<string, LiveView>>> {
    const asked = Object.entries(await this.#liveSockets()).map(async ([unit, socket]) => {
      return [unit, await askLiveView(socket, signal)] as const;
    });
    const told = (await Promise.all(asked)).filter(
      (each): each is [string, LiveView] => each[1] !== undefined,
    );
    return Object.fromEntries(told);
  }

  /** Follows what {@link liveViews} reads, until the signal is aborted. @param onView told of the end with undefined */
  watchLiveViews(
    onView: (unit: string, view: LiveView | undefined) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const { clock } = this.#dependencies;
    return watchLiveViews({ sockets: () => this.#liveSockets(), onView, clock }, signal);
  }

  async #liveSockets(): Promise<Readonly<Record<string, string>>> {
    const units = Object.keys((await readState(this.#paths.state))?.units ?? {});
    const declared = units.map(
      async (unit) => [unit, await readLiveSocket(this.#paths.liveView(unit))] as const,
    );
    const found = (await Promise.all(declared)).filter(
      (each): each is [string, string] => each[1] !== undefined,
    );
    return Object.fromEntries(found);
  }

  /** Waits until a unit has a status. @throws AgentRequestError for an unknown unit */
  async wait(request: WaitRequest, signal: AbortSignal): Promise<WaitEnd> {
    (await AgentSession.open(this.#dependencies)).unit(request.unit);
    return waitForStatus(request, { status: () => this.status(), clock: this.#dependencies.clock, signal });
  }

  /** Passes on the last lines of the log, and then new ones, until the signal is aborted. */
  async followLog(lines: number, onLine: (line: string) => void, signal: AbortSignal): Promise<void> {
    await followLog(this.#paths.log, lines, onLine, signal);
  }

  /** The last lines of the log. */
  async debugLog(lines: number): Promise<readonly string[]> {
    return readLastLines(this.#paths.log, lines);
  }

  /**
   * Sends SIGKILL to the process group of the running hook, action or command. As in Juju, a killed hook runs again at
   * once.
   *
   * @returns false when nothing is running
   */
  killDispatch(): boolean {
    return this.#contexts?.kill() ?? false;
  }

  async #changeSecrets(...[change, signal, concerned]: Parameters<SecretStore["change"]>): Promise<void> {
    await this.#withLock(signal, async (agent) => {
      const names = concerned?.(agent.session.state) ?? [];
      await agent.session.update(change);
      await settleAfterRemedy(agent, names, signal);
    });
  }

  async #withLock<T>(signal: AbortSignal, operation: (agent: LockedAgent) => Promise<T>): Promise<T> {
    const release = await this.#lock(signal);
    try {
      const session = await AgentSession.open(this.#dependencies);
      await recoverKilledAgent(session);
      const contexts = new ContextRunner(session);
      this.#contexts = contexts;
      return await operation({ session, contexts, settler: new UnitSettler(session, contexts) });
    } finally {
      this.#contexts = undefined;
      await release();
    }
  }

  async #lock(signal: AbortSignal): Promise<() => Promise<void>> {
    const lock = await operationLock(this.#dependencies.stateDirectory);
    return withDeadline("lock the state directory", LONGEST_WAIT_MS, signal, (limited) =>
      lock.acquire(limited),
    );
  }

  async #readArchive(archive: string, signal: AbortSignal): Promise<CharmDefinition> {
    const definition = await readCharmArchive(archive, signal);
    assertRunsOn(definition, this.#dependencies.machine.architecture);
    return definition;
  }

  #ownership(archive: string): Pick<DeployedCharm, "isOwn"> {
    return archive === this.#dependencies.ownCharm?.archive ? { isOwn: true } : {};
  }

  /** Copies the archive, so that the deployment does not depend on the original file. */
  async #keepArchive(archive: string, signal: AbortSignal): Promise<string> {
    const digest = await digestFile(archive, signal);
    const kept = this.#paths.archive(digest);
    await mkdir(this.#paths.archives, { recursive: true, mode: 0o755 });
    await makeFileAtomically(kept, (partial) => copyFile(archive, partial, constants.COPYFILE_FICLONE));
    return digest;
  }
}

function assertIdle(session: AgentSession, unit: string): void {
  if (session.unit(unit).operation.kind === "continue") return;
  throw new AgentRequestError(`Cannot fire a hook in ${unit}: it is in error, fix the cause and run resolve`);
}
