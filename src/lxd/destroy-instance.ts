import { withDeadline } from "charm-kit";
import { LxdError, nameFromURL, OperationError, type EventStream, type LxdClient } from "lxd-client";
import { absentAsUndefined } from "./absent.ts";
import { NotDestroyedError } from "./errors.ts";

/**
 * How long to wait, after each refusal, for LXD to end what it has begun with an instance by itself, such as deleting one
 * that powered off. Not at all at first: what refused may have ended before it could be found.
 */
const SETTLE_MS = [0, 250, 500, 1000, 2000, 4000, 8000];

/**
 * Ends and deletes an instance, and checks that it is gone; one that is not there counts as destroyed.
 *
 * An ephemeral instance goes with its stop, and a creation that a killed process began may still be under way. While LXD
 * is at work on an instance it refuses other work on it; the end of that work is awaited, and the instance looked at
 * again.
 */
export async function destroyInstance(client: LxdClient, name: string, signal: AbortSignal): Promise<void> {
  for (const settleMs of SETTLE_MS) {
    if ((await tryDestroy(client, name, signal)) === "gone") return;
    if ((await awaitOthers(client, { name, settleMs }, signal)) === "gone") return;
  }
  throw new NotDestroyedError(name);
}

type Presence = "gone" | "there";

async function tryDestroy(client: LxdClient, name: string, signal: AbortSignal): Promise<Presence> {
  try {
    await client.instances.changeState(name, { action: "stop", force: true }, signal);
    const outcome = await client.instances.delete(name, signal);
    return outcome.state === "done" && outcome.value === "absent"
      ? "gone"
      : await presenceOf(client, name, signal);
  } catch (thrown) {
    // Whatever went wrong, an instance that is not there is destroyed.
    if (!(thrown instanceof LxdError) && !(thrown instanceof OperationError)) throw thrown;
    if ((await presenceOf(client, name, signal)) === "gone") return "gone";
    if (isBeingWorkedOn(thrown)) return "there";
    throw thrown;
  }
}

/** A start that another process began lets the stop find nothing to stop, and the deletion a running instance. */
function isBeingWorkedOn(thrown: LxdError | OperationError): boolean {
  if (thrown instanceof OperationError) return thrown.busy;
  return thrown.status === 400 && thrown.detail.includes("is running");
}

async function presenceOf(client: LxdClient, name: string, signal: AbortSignal): Promise<Presence> {
  return (await absentAsUndefined(client.instances.get(name, signal))) ? "there" : "gone";
}

/** Waits for what others do with the instance. What LXD does by itself is no operation and shows in its events alone. */
async function awaitOthers(
  client: LxdClient,
  { name, settleMs }: { readonly name: string; readonly settleMs: number },
  signal: AbortSignal,
): Promise<Presence> {
  // The stream first: it tells nothing of what was before it.
  await using stream = await client.events.open(["lifecycle"], signal);
  const operations = await client.operations.touching(name, signal);
  if (operations.length > 0) {
    await Promise.allSettled(operations.map(({ id }) => client.operations.wait(id, signal)));
    signal.throwIfAborted();
    return "there";
  }
  if ((await presenceOf(client, name, signal)) === "gone") return "gone";
  const settled = withDeadline(`see a change of instance '${name}'`, settleMs, signal, (limited) =>
    changeOf(stream, name, limited),
  );
  // Without an event in time, the instance itself tells.
  await settled.catch(() => undefined);
  signal.throwIfAborted();
  return await presenceOf(client, name, signal);
}

async function changeOf(stream: EventStream, name: string, signal: AbortSignal): Promise<void> {
  const end = () => {
    stream.close();
  };
  signal.addEventListener("abort", end, { once: true });
  try {
    for await (const event of stream) {
      if (event.type === "lifecycle" && nameFromURL(event.source) === name) return;
    }
  } finally {
    signal.removeEventListener("abort", end);
  }
}
