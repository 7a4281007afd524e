import { CodedError } from "charm-kit";
import type { BoundEvent } from "./bound-event.ts";

/** The arguments of `observe()` cannot work, such as a misspelt name in JavaScript. */
export class ObserveError extends CodedError {
  readonly code = "observe";

  constructor(kind: string, problem: string) {
    super(`Cannot observe ${kind}: ${problem}`);
  }
}

/** Source text of a private method; a private arrow property has that of an arrow function. */
const PRIVATE_METHOD = /^(?:async\b\s*)?\*?\s*#/;

/**
 * Checks what the compiler cannot.
 *
 * @throws {@link ObserveError} for an event or a handler that does not exist, and for a private method, in which `this`
 *   would be undefined.
 */
export function assertHandler(event: BoundEvent | undefined, handler: unknown): void {
  // JavaScript, or a cast, may pass anything.
  const kind: unknown = event?.kind;
  if (typeof kind !== "string") throw new ObserveError("an event", "it does not exist; check its name");
  if (typeof handler !== "function")
    throw new ObserveError(kind, `the handler is ${typeof handler}, not a function; check its name`);
  if (!PRIVATE_METHOD.test(Function.prototype.toString.call(handler))) return;
  const { name } = handler;
  throw new ObserveError(
    kind,
    `${name} is a private method, in which this would be undefined; write ${name} = async (event) => { ... }`,
  );
}
