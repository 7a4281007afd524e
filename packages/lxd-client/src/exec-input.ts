import { Secret } from "charm-kit";
import type { MessageSocket } from "./message-socket.ts";

/** What a command reads on standard input. A secret is revealed on the wire only. */
export type ExecInput = string | Secret | Uint8Array | AsyncIterable<string | Uint8Array>;

const FRAME_BYTES = 256 * 1024;

/** Sends the input and its end, and resolves when all is handed to the socket or the command reads no more. */
export async function sendInput(
  socket: MessageSocket,
  input: ExecInput | undefined,
  signal: AbortSignal,
): Promise<void> {
  for await (const chunk of chunksOf(input)) {
    const bytes = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
    for (let start = 0; start < bytes.byteLength && socket.isOpen; start += FRAME_BYTES) {
      await socket.drained(signal);
      socket.send(bytes.subarray(start, start + FRAME_BYTES));
    }
    if (!socket.isOpen) return;
  }
  // An empty text frame is the end of input. Without it a command that reads never ends.
  socket.send("");
}

function chunksOf(
  input: ExecInput | undefined,
): Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array> {
  if (input === undefined) return [];
  if (input instanceof Secret) return [input.reveal()];
  if (typeof input === "string" || input instanceof Uint8Array) return [input];
  return input;
}
