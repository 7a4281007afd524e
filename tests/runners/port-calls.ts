/**
 * The verbs of the ports. `start` and `delete` are the second halves of `launch` and `destroy`: a kill may fall between
 * the two.
 */
export type PortVerb =
  | "machines.list"
  | "machines.launch"
  | "machines.start"
  | "machines.awaitStandby"
  | "machines.take"
  | "machines.deliver"
  | "machines.note"
  | "machines.inspect"
  | "machines.freeze"
  | "machines.unfreeze"
  | "machines.destroy"
  | "machines.delete"
  | "forge.list"
  | "forge.checkRegistration"
  | "forge.register"
  | "forge.deregister"
  | "forge.application"
  | "scopes.remember"
  | "scopes.former"
  | "scopes.forget"
  | "scopes.note"
  | "logs.keep"
  | "logs.pull";

/** What happens at one instant of a port call: it may act on the site, or throw. */
type Act = () => void;

/**
 * The calls that one process makes to its ports: lets a test act at an instant, make a call fail, and kill the process
 * between two steps. A killed process never hears an answer again, and nothing it asks for happens.
 */
export class PortCalls {
  /** Calls in the order in which they took effect. */
  readonly made: PortVerb[] = [];
  readonly #before = new Map<PortVerb, Act[]>();
  readonly #after = new Map<PortVerb, Act[]>();
  readonly #held = new Map<PortVerb, Promise<undefined>>();
  readonly #failing = new Map<PortVerb, Error>();
  readonly #stale = new Map<PortVerb, { readonly answer: unknown }>();
  #killAt: { readonly call: number; readonly moment: "before" | "after" } | undefined;
  #everyCall: ((call: number, verb: PortVerb) => void) | undefined;
  #afterEveryCall: ((call: number, verb: PortVerb) => void) | undefined;
  readonly #death = Promise.withResolvers<"killed">();
  #dead = false;
  #begun = 0;

  /** How many calls have begun. */
  get begun(): number {
    return this.#begun;
  }

  /** Resolves when the process is killed. */
  get killed(): Promise<"killed"> {
    return this.#death.promise;
  }

  get isKilled(): boolean {
    return this.#dead;
  }

  /** Makes the next call of a verb fail, before it has any effect. */
  failNext(verb: PortVerb, error: Error): void {
    this.beforeNext(verb, () => {
      throw error;
    });
  }

  /** Makes all calls of a verb fail from now on. */
  failAll(verb: PortVerb, error: Error): void {
    this.#failing.set(verb, error);
  }

  /** Lets the next call of a verb answer with something that was true before. */
  staleNext(verb: PortVerb, answer: unknown): void {
    this.#stale.set(verb, { answer });
  }

  /** Acts just before the next call of a verb takes effect. */
  beforeNext(verb: PortVerb, act: Act): void {
    this.#before.set(verb, [...(this.#before.get(verb) ?? []), act]);
  }

  /** Acts when the next call of a verb has taken effect; what it throws is all that the caller hears. */
  afterNext(verb: PortVerb, act: Act): void {
    this.#after.set(verb, [...(this.#after.get(verb) ?? []), act]);
  }

  /** Holds the next call of a verb back until another verb has taken effect. */
  holdNext(verb: PortVerb, until: PortVerb): void {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#held.set(verb, promise);
    this.afterNext(until, () => {
      resolve(undefined);
    });
  }

  /** Runs at every call, before its effect, with its number from 1. */
  atEveryCall(act: (call: number, verb: PortVerb) => void): void {
    this.#everyCall = act;
  }

  /** Runs at every call, after its effect; what it throws is all that the caller hears. */
  afterEveryCall(act: (call: number, verb: PortVerb) => void): void {
    this.#afterEveryCall = act;
  }

  /** Kills the process just before, or just after, the effect of a call; calls are numbered from 1. */
  killAt(call: number, moment: "before" | "after"): void {
    this.#killAt = { call, moment };
  }

  /** Carries one step of a call out. */
  async step<T>(verb: PortVerb, signal: AbortSignal, effect: () => T): Promise<T> {
    // Real calls never answer in the turn that makes them.
    await this.#held.get(verb);
    if (this.isKilled) return never();
    const call = ++this.#begun;
    this.#everyCall?.(call, verb);
    if (this.#isKilled(call, "before")) return never();
    this.#before.get(verb)?.shift()?.();
    signal.throwIfAborted();
    const failure = this.#failing.get(verb);
    if (failure) throw failure;
    const result = (this.#staleAnswer(verb) as T | undefined) ?? effect();
    this.made.push(verb);
    if (this.#isKilled(call, "after")) return never();
    this.#afterEveryCall?.(call, verb);
    this.#after.get(verb)?.shift()?.();
    await Promise.resolve();
    return this.#dead ? never() : result;
  }

  #staleAnswer(verb: PortVerb): unknown {
    const stale = this.#stale.get(verb);
    this.#stale.delete(verb);
    return stale?.answer;
  }

  #isKilled(call: number, moment: "before" | "after"): boolean {
    if (this.#killAt?.moment === moment && call >= this.#killAt.call) {
      this.#dead = true;
      this.#death.resolve("killed");
    }
    return this.#dead;
  }
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}
