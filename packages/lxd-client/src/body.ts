import { PassThrough, pipeline, type Readable } from "node:stream";
import { explainFailure, LxdError, OutputLimitError, type Connection } from "./errors.ts";

/** Most bytes of an error answer that are read; all of them are not shown. */
const ERROR_BODY_BYTES = 1024 * 1024;

/** A body whose failures are this client's errors. Whoever does not read it to the end must destroy it. */
export function bodyStream(action: string, connection: Connection, body: Readable): Readable {
  const stream = new PassThrough({
    destroy: (error, callback) => {
      callback(error === null ? null : explainFailure(action, connection, error));
    },
  });
  // Errors surface on the stream that is handed out.
  pipeline(body, stream, () => undefined);
  return stream;
}

/**
 * Reads a stream to its end.
 *
 * @param limitBytes most bytes to read.
 * @throws {@link OutputLimitError} when there is more.
 */
export async function readBytes(
  action: string,
  body: AsyncIterable<Uint8Array>,
  limitBytes: number,
): Promise<Buffer> {
  const { bytes, isWhole } = await collect(body, limitBytes);
  if (!isWhole) throw new OutputLimitError(action, limitBytes);
  return bytes;
}

/** Reads a stream of UTF-8 to its end, as {@link readBytes}. */
export async function readText(
  action: string,
  body: AsyncIterable<Uint8Array>,
  limitBytes: number,
): Promise<string> {
  return (await readBytes(action, body, limitBytes)).toString();
}

/** Reads a stream of UTF-8, and keeps its last bytes. */
export async function readEnd(body: AsyncIterable<Uint8Array>, keptBytes: number): Promise<string> {
  let end = Buffer.alloc(0);
  for await (const chunk of body) end = Buffer.concat([end, chunk]).subarray(-keptBytes);
  return end.toString();
}

/**
 * Reads the text of an answer.
 *
 * @throws {@link OutputLimitError} when it is larger than `limitBytes`.
 */
export async function readAnswer(
  action: string,
  body: AsyncIterable<Uint8Array>,
  limitBytes: number,
): Promise<string> {
  const { bytes, isWhole } = await collect(body, limitBytes);
  if (!isWhole) throw new OutputLimitError(action, limitBytes, "LXD's answer");
  return bytes.toString();
}

/** The error that an answer of status 400 or more carries; of a very long one, its beginning. */
export async function refusal(
  action: string,
  status: number,
  body: AsyncIterable<Uint8Array>,
): Promise<LxdError> {
  const { bytes } = await collect(body, ERROR_BODY_BYTES);
  return new LxdError(action, status, errorText(bytes.toString()));
}

/** Reads a stream until its end or its limit; what is beyond is not read. */
async function collect(
  body: AsyncIterable<Uint8Array>,
  limitBytes: number,
): Promise<{ readonly bytes: Buffer; readonly isWhole: boolean }> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.byteLength;
    chunks.push(chunk);
    // Leaving the loop destroys the stream.
    if (length > limitBytes) break;
  }
  return { bytes: Buffer.concat(chunks), isWhole: length <= limitBytes };
}

function errorText(text: string): string {
  try {
    const { error } = JSON.parse(text) as { readonly error?: unknown };
    return typeof error === "string" ? error : text;
  } catch {
    return text;
  }
}
