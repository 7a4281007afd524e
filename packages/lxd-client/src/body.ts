import { PassThrough, pipeline, type Readable } from "node:stream";
import { explainFailure, LxdError, OutputLimitError } from "./errors.ts";

/** Most bytes of an error that LXD answers with. */
const ERROR_BODY_LIMIT = 1024 * 1024;

/** A body whose failures are this client's errors. Who does not read it to the end must destroy it. */
export function bodyStream(action: string, socketPath: string, body: Readable): Readable {
  const stream = new PassThrough({
    destroy: (error, callback) => {
      callback(error === null ? null : explainFailure(action, socketPath, error));
    },
  });
  // Errors surface on the stream that is handed out.
  pipeline(body, stream, () => undefined);
  return stream;
}

/**
 * Reads a stream to its end.
 *
 * @param limitBytes most bytes to take.
 * @throws {@link OutputLimitError} when there is more.
 */
export async function readBytes(
  action: string,
  body: AsyncIterable<Uint8Array>,
  limitBytes: number,
): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.byteLength;
    if (length > limitBytes) throw new OutputLimitError(action, limitBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}

/** Reads a stream of UTF-8 to its end, as {@link readBytes}. */
export async function readText(
  action: string,
  body: AsyncIterable<Uint8Array>,
  limitBytes: number,
): Promise<string> {
  return (await readBytes(action, body, limitBytes)).toString();
}

/** The error that an answer of status 400 or more tells of. */
export async function refusal(
  action: string,
  status: number,
  body: AsyncIterable<Uint8Array>,
): Promise<LxdError> {
  return new LxdError(action, status, errorText(await readText(action, body, ERROR_BODY_LIMIT)));
}

function errorText(text: string): string {
  try {
    const { error } = JSON.parse(text) as { readonly error?: unknown };
    return typeof error === "string" ? error : text;
  } catch {
    return text;
  }
}
