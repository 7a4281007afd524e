import { AsyncLocalStorage } from "node:async_hooks";
import type { HookTools } from "../tools/hook-tools.ts";
import { NO_TRACER, type Tracer } from "./tracer.ts";
import { StopWithStatus } from "./stop-with-status.ts";
import { UnawaitedCallError } from "./unawaited-call-error.ts";

/** A handler and its event. */
export interface HandlerOfEvent {
  /** Undefined for a function without a name. */
  readonly name: string | undefined;
  readonly event: string;
}

/** The running calls of one handler. */
interface Scope {
  /** Such as `the handler HelloCharm.onInstall of install`. */
  readonly where: string;
  readonly running: Map<Promise<unknown>, string>;
  hasEnded: boolean;
}

/**
 * The calls of hook tools that run now, and their handlers, so that a forgotten `await` fails the dispatch instead of
 * losing a write. A handler also owns the calls of functions that it has started.
 */
export class RunningCalls {
  readonly #tracer: Tracer;
  readonly #scopes = new AsyncLocalStorage<Scope>();
  readonly #dispatch: Scope = { where: "the dispatch", running: new Map(), hasEnded: false };
  #late: UnawaitedCallError | undefined;
  #closed: { readonly reason: unknown } | undefined;

  constructor(tracer: Tracer = NO_TRACER) {
    this.#tracer = tracer;
  }

  /** Hook tools whose calls are noted and traced. */
  track(tools: HookTools): HookTools {
    return new Proxy(tools, {
      get: (_, member) => {
        const value: unknown = Reflect.get(tools, member);
        if (typeof value !== "function") return value;
        const name = String(member);
        return (...parameters: readonly unknown[]): unknown =>
          this.run(`${name}()`, () =>
            this.#tracer.span(
              { kind: "tool", name, attributes: {} },
              () => Reflect.apply(value, tools, parameters) as Promise<unknown>,
            ),
          );
      },
    });
  }

  /**
   * Notes a call until it ends. After {@link close} a call never ends: the process is about to.
   *
   * @param call its name, for the error.
   */
  async run<Result>(call: string, work: () => Promise<Result>): Promise<Result> {
    if (this.#isClosed()) return never();
    const scope = this.#scopes.getStore() ?? this.#dispatch;
    if (scope.hasEnded) throw (this.#late ??= new UnawaitedCallError(call, scope.where));
    const running = work();
    scope.running.set(running, call);
    try {
      return await running;
    } catch (thrown) {
      if (this.#isClosed()) return await never();
      throw thrown;
    } finally {
      scope.running.delete(running);
    }
  }

  /**
   * Runs a handler and checks that its calls have ended.
   *
   * @param handler its name, and that of its event.
   * @throws {@link UnawaitedCallError} when one is still running; an error of the handler comes first.
   */
  async during({ name, event }: HandlerOfEvent, handler: () => unknown): Promise<void> {
    const where = `${name === undefined ? "a handler" : `the handler ${name}`} of ${event}`;
    const scope: Scope = { where, running: new Map(), hasEnded: false };
    const span = { kind: "handler", name: name ?? "anonymous", attributes: { "juju.event": event } } as const;
    try {
      await this.#tracer.span(span, () =>
        this.#scopes.run(scope, async () => {
          await handler();
        }),
      );
    } catch (thrown) {
      // The hook succeeds: other parts of a Promise.all that it has ended must not be lost.
      if (thrown instanceof StopWithStatus) await Promise.allSettled(scope.running.keys());
      throw thrown;
    } finally {
      scope.hasEnded = true;
    }
    assertNone(scope);
  }

  /** @throws {@link UnawaitedCallError} when a call outside of the handlers is running, or a handler's call came late. */
  assertNone(): void {
    if (this.#late) throw this.#late;
    assertNone(this.#dispatch);
  }

  /** Ends all calls with the dispatch. Its handlers may still run when it has failed. */
  close(reason: unknown): void {
    this.#closed ??= { reason };
  }

  #isClosed(): boolean {
    return this.#closed !== undefined;
  }

  /** @throws the reason of {@link close}. */
  assertOpen(): void {
    if (this.#closed) throw this.#closed.reason;
  }
}

async function never(): Promise<never> {
  return new Promise<never>(() => undefined);
}

function assertNone({ running, where }: Scope): void {
  const [call] = running.values();
  if (call !== undefined) throw new UnawaitedCallError(call, where);
}
