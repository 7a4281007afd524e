import { PassThrough, pipeline, type Readable } from "node:stream";
import { explainFailure } from "./unreachable.ts";

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
