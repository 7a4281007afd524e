import { LxdError, OperationError, type LxdClient } from "./client/index.ts";
import { NotDestroyedError } from "./errors.ts";

const MOST_TRIES = 3;

/**
 * Ends and deletes an instance, and checks that it is gone; one that is not there counts as destroyed.
 *
 * An ephemeral instance goes with its stop, and a creation that a killed process began may still be under way: both are
 * met by looking again.
 */
export async function destroyInstance(client: LxdClient, name: string, signal: AbortSignal): Promise<void> {
  for (let attempt = 1; attempt <= MOST_TRIES; attempt += 1) {
    if ((await tryDestroy(client, name, signal)) === "gone") return;
    await awaitOperations(client, name, signal);
  }
  throw new NotDestroyedError(name);
}

async function tryDestroy(client: LxdClient, name: string, signal: AbortSignal): Promise<"gone" | "there"> {
  try {
    await client.instances.changeState(name, { action: "stop", force: true }, signal);
    const outcome = await client.instances.delete(name, signal);
    return outcome.state === "done" && outcome.value === "absent" ? "gone" : await look(client, name, signal);
  } catch (thrown) {
    // Whatever went wrong, an instance that is not there is destroyed.
    if (!(thrown instanceof LxdError) && !(thrown instanceof OperationError)) throw thrown;
    if ((await look(client, name, signal)) === "gone") return "gone";
    if (thrown instanceof OperationError && thrown.busy) return "there";
    throw thrown;
  }
}

async function look(client: LxdClient, name: string, signal: AbortSignal): Promise<"gone" | "there"> {
  try {
    await client.instances.get(name, signal);
    return "there";
  } catch (thrown) {
    if (thrown instanceof LxdError && thrown.notFound) return "gone";
    throw thrown;
  }
}

/** Waits until nothing works on the instance any more; how those operations end does not matter here. */
async function awaitOperations(client: LxdClient, name: string, signal: AbortSignal): Promise<void> {
  const operations = await client.operations.touching(name, signal);
  await Promise.allSettled(operations.map(({ id }) => client.operations.wait(id, signal)));
  signal.throwIfAborted();
}
