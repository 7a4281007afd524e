import { DEFAULT_JUJU_VERSION, ToolError, type JsonObject, type JsonValue } from "juju-hook-tools";
import { systemClock, withResolvers } from "charm-kit";
import type { CharmInstance } from "../charm.ts";
import { DEFERRED_SLOT } from "../events/notice-queue.ts";
import { readNotice } from "../events/notice.ts";
import type { CharmMetadata } from "../metadata/metadata.ts";
import type { RebootTime } from "../tools/model-tools.ts";
import type { ShownStatus } from "../tools/status-tools.ts";
import { ActionFailed, UncaughtCharmError } from "./charm-run-errors.ts";
import { checkConsistency, checkParameters } from "./consistency/check-consistency.ts";
import { dispatchEnvironment, type DispatchEnvironmentOptions } from "./dispatch-environment.ts";
import type { TestEvent } from "./events/test-event.ts";
import { TestEvents } from "./events/test-events.ts";
import { noSideEffects, type LogLine, type StorageRequest } from "./simulation/side-effects.ts";
import { Simulation } from "./simulation/simulation.ts";
import { DeferredEvent } from "./state/deferred-event.ts";
import type { State } from "./state/state.ts";

/** Options of a {@link TestBackend}. */
export interface BackendOptions {
  /** @default the charm's name */
  readonly appName?: string;
  /** Number of the unit. @default 0 */
  readonly unitID?: number;
  /** @default "3.6.28" */
  readonly jujuVersion?: string;
  /** @default "0" */
  readonly machineID?: string;
  /** @default none */
  readonly availabilityZone?: string;
  /** The principal unit of a subordinate. @default none */
  readonly principalUnit?: string;
  /** Milliseconds since 1970, for secrets with a relative expiry. @default the system clock */
  readonly now?: () => number;
}

/** A prepared dispatch. */
export interface PlannedDispatch {
  readonly simulation: Simulation;
  /** The stored state, including deferred events. */
  readonly slots: JsonObject;
  readonly environment: (paths: BackendPaths) => Readonly<Record<string, string>>;
  readonly contextId: string;
  /** Resolves when the charm restarts the machine with `--now`, which ends the dispatch. */
  readonly rebooted: Promise<void>;
  readonly signal: AbortSignal;
  readonly created: RunOptions["created"];
}

/** Options of a run. */
export interface RunOptions {
  readonly signal: AbortSignal;
  /** Called with the charm after its constructor; the events wait for it. Only in process. @default none */
  readonly created?: ((charm: CharmInstance) => Promise<void>) | undefined;
}

type BackendPaths = Pick<DispatchEnvironmentOptions, "charmDirectory" | "toolsDirectory" | "socket" | "path">;

/** Result of a dispatch. `cause` is the error of the charm or its process, and `stderr` what it wrote there. */
export type DispatchOutcome =
  | { readonly kind: "succeeded"; readonly slots: JsonObject }
  | { readonly kind: "failed"; readonly cause: unknown; readonly stderr: string }
  | { readonly kind: "rebooted" };

/**
 * Runs a charm for single events: each run takes a state from the test and returns the resulting state.
 *
 * A run does not affect later runs. The members report only the last run.
 */
export abstract class TestBackend {
  /** All events that can start a dispatch. */
  readonly on: TestEvents;
  readonly #options: BackendOptions;
  readonly #appName: string;
  readonly #metadata: CharmMetadata;
  #effects = noSideEffects();
  #runs = 0;

  protected constructor(metadata: CharmMetadata, options: BackendOptions) {
    this.#metadata = metadata;
    this.#options = options;
    this.#appName = options.appName ?? metadata.name;
    this.on = new TestEvents(this.#appName);
  }

  /** `app/n`. */
  get unitName(): string {
    return `${this.#appName}/${this.#options.unitID ?? 0}`;
  }

  /** Unit statuses that the last run set, in order. */
  get unitStatusHistory(): readonly ShownStatus[] {
    return this.#effects.unitStatuses;
  }

  /** Application statuses that the last run set, in order. */
  get appStatusHistory(): readonly ShownStatus[] {
    return this.#effects.appStatuses;
  }

  get workloadVersionHistory(): readonly string[] {
    return this.#effects.workloadVersions;
  }

  /** Log lines of the last run, from `juju-log` and from its output, which Juju also logs. */
  get jujuLog(): readonly LogLine[] {
    return this.#effects.log;
  }

  /** Results of the last run's action; dotted keys are nested. */
  get actionResults(): JsonObject {
    return this.#effects.actionResults;
  }

  /** Progress messages of the last run's action. */
  get actionLogs(): readonly string[] {
    return this.#effects.actionLog;
  }

  /** Storage that the last run requested. */
  get requestedStorages(): readonly StorageRequest[] {
    return this.#effects.storageRequests;
  }

  /** The restart of the machine that the last run requested. */
  get reboot(): RebootTime | undefined {
    return this.#effects.reboot;
  }

  /**
   * Runs one dispatch.
   *
   * @param stateIn the state before; not modified.
   * @returns the state after.
   * @throws {@link InconsistentStateError} when event and state are impossible under Juju, {@link ActionFailed} when the
   *   action failed, {@link UncaughtCharmError} when the hook failed.
   */
  async run(
    event: TestEvent,
    stateIn: State,
    signal: AbortSignal = new AbortController().signal,
  ): Promise<State> {
    return this.dispatch(event, stateIn, { signal });
  }

  /** Runs one dispatch. @internal */
  protected async dispatch(
    event: TestEvent,
    stateIn: State,
    { signal, created }: RunOptions,
  ): Promise<State> {
    await this.#assertConsistent(event, stateIn);
    const rebooted = withResolvers<undefined>();
    const simulation = new Simulation(stateIn, {
      appName: this.#appName,
      unitName: this.unitName,
      metadata: this.#metadata,
      event,
      jujuVersion: this.#options.jujuVersion ?? DEFAULT_JUJU_VERSION,
      now: this.#options.now ?? (() => systemClock.now()),
      onRebootNow: () => {
        rebooted.resolve(undefined);
      },
    });
    this.#effects = simulation.effects;
    const outcome = await this.perform({
      simulation,
      slots: slotsOf(stateIn),
      ...this.#prepare(event, stateIn),
      rebooted: rebooted.promise,
      signal,
      created,
    });
    return finish(event, simulation, outcome);
  }

  /** Runs the charm on the simulation. @internal */
  protected abstract perform(planned: PlannedDispatch): Promise<DispatchOutcome>;

  async #assertConsistent(event: TestEvent, state: State): Promise<void> {
    const { unitID = 0, jujuVersion = DEFAULT_JUJU_VERSION } = this.#options;
    const metadata = this.#metadata;
    const scenario = { event, state, metadata, appName: this.#appName, unitID, jujuVersion };
    checkConsistency(scenario);
    await checkParameters(scenario);
  }

  #prepare(event: TestEvent, { model }: State): Pick<PlannedDispatch, "environment" | "contextId"> {
    const { jujuVersion = DEFAULT_JUJU_VERSION, machineID = "0", availabilityZone = "" } = this.#options;
    const { principalUnit = "" } = this.#options;
    const { unitName } = this;
    this.#runs += 1;
    const contextId = `${unitName}-${event.name}-${String(this.#runs).padStart(32, "0")}`;
    const fixed = { unitName, contextId, jujuVersion, machineID, availabilityZone, principalUnit, model };
    return { contextId, environment: (paths) => dispatchEnvironment(event, { ...fixed, ...paths }) };
  }
}

function finish(event: TestEvent, simulation: Simulation, outcome: DispatchOutcome): State {
  if (outcome.kind !== "succeeded") dropRequests(simulation);
  const refusal = outcome.kind === "succeeded" ? commit(simulation, outcome.slots) : undefined;
  const failure = outcome.kind === "failed" ? { cause: outcome.cause } : refusal && { cause: refusal };
  const state = simulation.transaction.committed;
  if (event.trigger.family === "action" && outcome.kind !== "rebooted") {
    const { actionFailure, actionResults: results } = simulation.effects;
    const stderr = outcome.kind === "failed" ? outcome.stderr : (refusal?.message ?? "");
    // For Juju, the end of the process comes before a message, and a message before a refusal.
    const message =
      outcome.kind === "failed"
        ? "exit status 1"
        : (actionFailure ?? (refusal && "committing requested changes failed"));
    if (message !== undefined) throw new ActionFailed(message, { state, results, stderr }, failure);
  } else if (failure) throw new UncaughtCharmError(event.name, state, failure.cause);
  return state;
}

/** Commits stored state, then buffered changes. @returns the controller's refusal, if any. */
function commit(simulation: Simulation, slots: JsonObject): ToolError | undefined {
  const { transaction } = simulation;
  transaction.commit((state) => withSlots(state, slots));
  try {
    transaction.flush();
    return undefined;
  } catch (thrown) {
    if (!(thrown instanceof ToolError)) throw thrown;
    dropRequests(simulation);
    return thrown;
  }
}

/** Requests that Juju carries out at the end of a successful dispatch. */
function dropRequests({ effects }: Simulation): void {
  effects.storageRequests.length = 0;
  if (effects.reboot === "after-hook") effects.reboot = undefined;
}

function slotsOf({ storedState, deferred }: State): JsonObject {
  if (deferred.length === 0) return storedState;
  const notices = deferred.map(({ kind, observer, facts }) => ({ kind, observer, facts }));
  return { ...storedState, [DEFERRED_SLOT]: notices };
}

function withSlots(state: State, slots: JsonObject): State {
  const { [DEFERRED_SLOT]: notices = [], ...storedState } = slots;
  const list = Array.isArray(notices) ? (notices as readonly JsonValue[]) : [];
  const deferred = list.flatMap((stored) => {
    const notice = readNotice(stored);
    return notice ? [new DeferredEvent(notice)] : [];
  });
  return state.with({ storedState, deferred });
}
