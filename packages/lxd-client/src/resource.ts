import type { Call } from "./call.ts";
import { LxdError, OperationError } from "./errors.ts";
import type { Transport } from "./transport.ts";
import type { Outcome, Tagged } from "./types.ts";
import { decoded, type Decode } from "./envelope.ts";

/** Whether something was deleted, or was not there. */
export type Deletion = "deleted" | "absent";

/** An object of the API to be read. */
export interface ReadTarget<T> {
  readonly action: string;
  readonly path: string;
  readonly decode: Decode<T>;
}

/** Reads an object with its ETag. */
export async function readTagged<T>(
  transport: Transport,
  target: ReadTarget<T>,
  signal: AbortSignal,
): Promise<Tagged<T>> {
  const { envelope, etag } = await transport.ask(
    { action: target.action, method: "GET", path: target.path },
    signal,
  );
  return { value: decoded(target.action, target.decode, envelope.metadata), etag };
}

/** Most times that a list is asked for while objects go. */
const MOST_LISTS = 5;

/**
 * Reads a list. LXD answers 404 when an object is deleted while it reads them one by one, so it is asked again then.
 *
 * @throws the last `LxdError` when objects go each time.
 */
export async function readList<T>(
  transport: Transport,
  { action, path, decode }: ReadTarget<readonly T[]>,
  signal: AbortSignal,
): Promise<readonly T[]> {
  for (let lists = 1; ; lists += 1) {
    try {
      return await transport.read(action, path, decode, signal);
    } catch (thrown) {
      if (lists === MOST_LISTS || !(thrown instanceof LxdError) || !thrown.notFound) throw thrown;
    }
  }
}

/** Carries out a mutation whose result tells nothing more. */
export async function perform(transport: Transport, call: Call, signal: AbortSignal): Promise<Outcome> {
  const outcome = await transport.mutate(call, signal);
  return outcome.state === "done" ? { state: "done", value: undefined } : outcome;
}

/** Deletes an object; one that is not there, or goes meanwhile, is well. */
export async function remove(
  transport: Transport,
  target: { readonly action: string; readonly path: string },
  signal: AbortSignal,
): Promise<Outcome<Deletion>> {
  try {
    const outcome = await transport.mutate({ ...target, method: "DELETE" }, signal);
    return outcome.state === "done" ? { state: "done", value: "deleted" } : outcome;
  } catch (thrown) {
    if (isAbsent(thrown)) return { state: "done", value: "absent" };
    throw thrown;
  }
}

function isAbsent(thrown: unknown): boolean {
  if (thrown instanceof LxdError) return thrown.notFound;
  return thrown instanceof OperationError && thrown.detail.includes("Instance not found");
}
