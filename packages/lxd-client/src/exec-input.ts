import { orAborted, Secret } from "charm-kit";
import type { MessageSocket } from "./message-socket.ts";

/** What a command reads on standard input. A secret is revealed on the wire only. */
export type ExecInput = string | Secret | Uint8Array | AsyncIterable<string | Uint8Array>;

/** Bytes of one message, which is as much as is on its way at a time. */
const MESSAGE_BYTES = 256 * 1024;

/** Sends the input and its end, and resolves when all is on its way or the command reads no more. */
export async function sendInput(
  socket: MessageSocket,
  input: ExecInput | undefined,
  signal: AbortSignal,
): Promise<void> {
  for await (const chunk of chunksOf(input)) {
    const bytes = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
    for (let start = 0; start < bytes.byteLength && socket.isOpen; start += MESSAGE_BYTES) {
      await orAborted(socket.send(bytes.subarray(start, start + MESSAGE_BYTES)), signal);
    }
    if (!socket.isOpen) return;
  }
  // An empty text message is the end of input. Without it a command that reads never ends.
  await orAborted(socket.send(""), signal);
}

function chunksOf(
  input: ExecInput | undefined,
): Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array> {
  if (input === undefined) return [];
  if (input instanceof Secret) return [input.reveal()];
  if (typeof input === "string" || input instanceof Uint8Array) return [input];
  return input;
}
