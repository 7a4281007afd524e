import { Charm, type CharmInstance } from "../charm.ts";
import { dispatch } from "../dispatch/dispatch.ts";
import { readJujuContext } from "../dispatch/juju-context.ts";
import type { EventRecord } from "../events/notice.ts";
import type { Framework } from "../framework.ts";
import { commandLineHookTools } from "../tools/command-line-hook-tools.ts";
import { catchUncaught } from "./uncaught-errors.ts";
import type { TestEvent } from "./events/test-event.ts";
import { Manager } from "./manager.ts";
import type { State } from "./state/state.ts";
import { MemoryStateBackend } from "./memory-state-backend.ts";
import { memoryTools } from "./memory-tools.ts";
import { metadataOf, type MetadataSource } from "./metadata-source.ts";
import {
  TestBackend,
  type BackendOptions,
  type DispatchOutcome,
  type PlannedDispatch,
} from "./test-backend.ts";

/** The class of a charm, or a function that creates the charm, for example with test dependencies. */
export type CharmSource<C extends CharmInstance = CharmInstance> =
  (new (framework: Framework) => C) | ((framework: Framework) => C);

/** Options of a {@link Context}. */
export interface ContextOptions extends BackendOptions {
  readonly metadata: MetadataSource;
  /** Absolute path of the charm directory, for a charm that reads its files. @default a path that does not exist */
  readonly charmDirectory?: string;
}

/**
 * Runs a charm in this process, on a simulated Juju:
 *
 * ```ts
 * const ctx = new Context(HelloCharm, { metadata: await loadMetadata(directory) });
 * const stateOut = await ctx.run(ctx.on.configChanged(), new State({ config: { greeting: "Hello" } }));
 * expect(stateOut.unitStatus).to.deep.equal({ name: "active", message: "Hello" });
 * ```
 */
export class Context<C extends CharmInstance = CharmInstance> extends TestBackend {
  readonly #create: (framework: Framework) => C;
  readonly #charmDirectory: string | undefined;
  #emitted: readonly EventRecord[] = [];

  constructor(charm: CharmSource<C>, options: ContextOptions) {
    super(metadataOf(options.metadata), options);
    this.#create = isCharmClass(charm) ? (framework) => new charm(framework) : charm;
    this.#charmDirectory = options.charmDirectory;
  }

  /** Emitted events of the last run in order: deferred events, Juju's event, and events of the framework and the charm. */
  get emittedEvents(): readonly EventRecord[] {
    return this.#emitted;
  }

  /**
   * Starts a dispatch that waits before its events, so that a test can use the charm within it.
   *
   * @throws the errors of {@link run}: also {@link UncaughtCharmError} when the charm's constructor throws.
   */
  async manage(
    event: TestEvent,
    stateIn: State,
    signal: AbortSignal = new AbortController().signal,
  ): Promise<Manager<C>> {
    return Manager.start((pause) =>
      // Safe: this context creates the charm.
      this.dispatch(event, stateIn, { signal, created: (charm) => pause(charm as C) }),
    );
  }

  /** @internal */
  protected async perform(planned: PlannedDispatch): Promise<DispatchOutcome> {
    const { simulation, environment, signal, rebooted, created } = planned;
    const agent = `/var/lib/juju/agents/unit-${this.unitName.replace("/", "-")}`;
    const charmDirectory = this.#charmDirectory ?? `${agent}/charm`;
    const paths = {
      charmDirectory,
      toolsDirectory: `${agent}/tools`,
      socket: `${agent}/agent.socket`,
      path: "",
    };
    const env = environment(paths);
    const state = new MemoryStateBackend(planned.slots);
    const emitted: EventRecord[] = [];
    this.#emitted = emitted;
    let cause: unknown;
    const errors: string[] = [];
    const code = await catchUncaught((uncaught) => {
      const work = dispatch(this.#create, {
        context: readJujuContext(env),
        tools: commandLineHookTools({ env, signal, runTool: memoryTools(simulation, charmDirectory) }),
        writeLine: (message) => {
          simulation.unit.log("DEBUG", message);
        },
        writeError: (message) => {
          errors.push(message);
          simulation.unit.log("WARNING", message);
        },
        signal,
        uncaught,
        state,
        listener: {
          ...(created && { created }),
          emitting: (event) => void emitted.push(event),
          failed: (thrown) => {
            cause = thrown;
          },
        },
      });
      return Promise.race([work, rebooted]);
    });
    if (code === undefined) return { kind: "rebooted" };
    return code === 0
      ? { kind: "succeeded", slots: state.slots }
      : { kind: "failed", cause, stderr: errors.join("\n") };
  }
}

function isCharmClass<C extends CharmInstance>(
  source: CharmSource<C>,
): source is new (framework: Framework) => C {
  return source.prototype instanceof Charm;
}
