import { withResolvers } from "charm-kit";
import type { CharmInstance } from "../charm.ts";
import type { State } from "./state/state.ts";

/** Starts a dispatch that waits after the charm's constructor. */
export type StartRun<C extends CharmInstance> = (pause: (charm: C) => Promise<void>) => Promise<State>;

/**
 * A dispatch that waits before its events, with the charm inside of it:
 *
 * ```ts
 * await using manager = await ctx.manage(ctx.on.configChanged(), state);
 * assert.equal(await manager.charm.isGreetable(), true);
 * const after = await manager.run();
 * ```
 *
 * The charm's hook tools work on the state of the dispatch. What the test writes through them is committed with it.
 */
export class Manager<C extends CharmInstance = CharmInstance> {
  /** The charm. After {@link run} its variables are those of the end of the dispatch, and its hook tool calls never end. */
  readonly charm: C;
  readonly #resume: () => void;
  readonly #ended: Promise<State>;

  private constructor(charm: C, resume: () => void, ended: Promise<State>) {
    this.charm = charm;
    this.#resume = resume;
    this.#ended = ended;
  }

  /** Starts a dispatch. @throws the errors of `run()` when it fails before its first event. @internal */
  static async start<C extends CharmInstance>(start: StartRun<C>): Promise<Manager<C>> {
    const created = withResolvers<C>();
    const resumed = withResolvers<undefined>();
    const ended = start(async (charm) => {
      created.resolve(charm);
      await resumed.promise;
    });
    // Reported by run(), or by the race below.
    ended.catch(() => undefined);
    const charm = await Promise.race([created.promise, ended.then(() => created.promise)]);
    return new Manager(
      charm,
      () => {
        resumed.resolve(undefined);
      },
      ended,
    );
  }

  /** Emits the events and ends the dispatch. Later calls have the same result. @throws the errors of `Context.run()`. */
  async run(): Promise<State> {
    this.#resume();
    return this.#ended;
  }

  /** Ends the dispatch. @throws the errors of {@link run}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.run();
  }
}
