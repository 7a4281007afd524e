import { withDeadline } from "charm-kit";
import { LxdError, nameFromURL, OperationError, type EventStream, type LxdClient } from "lxd-client";
import { absentAsUndefined } from "./absent.ts";
import { NotDestroyedError } from "./errors.ts";

/**
 * How long to wait after each refusal while LXD finishes its own work on an instance, such as the deletion of one
 * that powered off. The first retry is immediate, since that work may already be done.
 */
const SETTLE_MS = [0, 250, 500, 1000, 2000, 4000, 8000];

/**
 * Stops and deletes an instance, and checks that it is gone. A missing instance counts as destroyed.
 *
 * A stop deletes an ephemeral instance, and a killed process may have left a creation running. While LXD
 * works on an instance it refuses other operations, so this waits for the end of that work and reads the instance
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
    // A missing instance is destroyed, whatever the error was.
    if (!(thrown instanceof LxdError) && !(thrown instanceof OperationError)) throw thrown;
    if ((await presenceOf(client, name, signal)) === "gone") return "gone";
    if (isBeingWorkedOn(thrown)) return "there";
    throw thrown;
  }
}

/** During a concurrent start, the stop finds a stopped instance and the deletion a running one. */
function isBeingWorkedOn(thrown: LxdError | OperationError): boolean {
  if (thrown instanceof OperationError) return thrown.busy;
  return thrown.status === 400 && thrown.detail.includes("is running");
}

async function presenceOf(client: LxdClient, name: string, signal: AbortSignal): Promise<Presence> {
  return (await absentAsUndefined(client.instances.get(name, signal))) ? "there" : "gone";
}

/** Waits for other work on the instance. LXD's internal work is no operation and appears only in events. */
async function awaitOthers(
  client: LxdClient,
  { name, settleMs }: { readonly name: string; readonly settleMs: number },
  signal: AbortSignal,
): Promise<Presence> {
  // Opens the stream first, since it has no past events.
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
  // Without an event in time, the next read of the instance decides.
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
