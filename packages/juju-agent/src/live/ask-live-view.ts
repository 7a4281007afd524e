import { request, type IncomingMessage } from "node:http";
import { readFile } from "node:fs/promises";
import { isRecord, orAborted, withDeadline } from "charm-kit";
import { parseLiveView, type LiveView } from "./live-view.ts";

const LIMIT_MS = 2000;
/** Longest time without an event: the program sends one at least every 15 seconds. */
const SILENCE_MS = 60_000;
const MOST_BYTES = 2 * 1024 * 1024;

/** The socket that a unit's hooks have declared. @param path of the declaration; it may be missing */
export async function readLiveSocket(path: string): Promise<string | undefined> {
  try {
    const declaration: unknown = JSON.parse(await readFile(path, "utf8"));
    const socket = isRecord(declaration) ? declaration["socket"] : undefined;
    return typeof socket === "string" && socket.startsWith("/") ? socket : undefined;
  } catch {
    return undefined;
  }
}

/** Asks a charm's program for its view. @returns undefined where none answers in time */
export async function askLiveView(socket: string, signal: AbortSignal): Promise<LiveView | undefined> {
  try {
    return await withDeadline("ask for the live view", LIMIT_MS, signal, async (limited) => {
      const answer = await get(socket, "/view", limited);
      let text = "";
      for await (const chunk of answer.setEncoding("utf8")) {
        text += chunk as string;
        if (text.length > MOST_BYTES) throw new Error("The view is too large");
      }
      return parseLiveView(JSON.parse(text));
    });
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}

/**
 * Passes on each view that a charm's program sends, until the connection ends.
 *
 * @throws the connection's errors, the signal's reason.
 */
export async function followLiveView(
  socket: string,
  onView: (view: LiveView) => void,
  signal: AbortSignal,
): Promise<void> {
  const connection = new AbortController();
  const answer = await beginning(socket, connection, signal);
  answer.socket.setTimeout(SILENCE_MS, () => {
    answer.destroy(new Error("The program sends nothing"));
  });
  let rest = "";
  for await (const chunk of answer.setEncoding("utf8")) {
    const events = `${rest}${chunk as string}`.split("\n\n");
    rest = events.pop() ?? "";
    if (rest.length > MOST_BYTES) throw new Error("The view is too large");
    for (const event of events) {
      const view = viewIn(event);
      if (view) onView(view);
    }
  }
}

function viewIn(event: string): LiveView | undefined {
  const data = event
    .split("\n")
    .filter((line) => line.startsWith("data:"))
    .map((line) => line.slice("data:".length))
    .join("\n");
  try {
    return parseLiveView(JSON.parse(data));
  } catch {
    return undefined;
  }
}

function get(socketPath: string, path: string, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request({ socketPath, path, signal, agent: false, headers: { host: "localhost" } }, (answer) => {
      if (answer.statusCode === 200) {
        resolve(answer);
        return;
      }
      answer.destroy();
      reject(new Error(`The program answered ${String(answer.statusCode)}`));
    })
      .on("error", reject)
      .end();
  });
}

/** Opens a stream: the deadline is for its start alone. */
async function beginning(
  socket: string,
  connection: AbortController,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const opened = get(socket, "/view/events", AbortSignal.any([signal, connection.signal]));
  try {
    return await withDeadline("follow the live view", LIMIT_MS, signal, (limited) =>
      orAborted(opened, limited),
    );
  } catch (thrown) {
    connection.abort();
    opened.catch(() => undefined);
    throw thrown;
  }
}
