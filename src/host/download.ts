import { createWriteStream } from "node:fs";
import { rm, stat } from "node:fs/promises";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { interceptors, type Dispatcher } from "undici";
import type { Secret } from "charm-kit";

/** A file to download over HTTP. */
export interface Download {
  readonly url: string;
  /** Sent only to the first host, not after a redirect. */
  readonly token: Secret | undefined;
  /** Path of the file. An existing file is resumed. */
  readonly path: string;
  /** Most bytes of the file. */
  readonly longest: number;
}

const MOST_REDIRECTS = 5;
const PARTIAL_CONTENT = 206;
const RANGE_NOT_SATISFIABLE = 416;

/** The server refused the file. Another attempt would get the same answer. */
export class AnswerError extends Error {}

/**
 * Downloads a file, or the rest of a partial one if the server supports ranges.
 *
 * Keeps the partial file on failure. The caller verifies the checksum.
 */
export async function download(file: Download, dispatcher: Dispatcher, signal: AbortSignal): Promise<void> {
  const begun = await sizeOf(file.path);
  const url = new URL(file.url);
  // GitHub redirects to another host, which must not get the token.
  const { statusCode, headers, body } = await dispatcher
    .compose(interceptors.redirect({ maxRedirections: MOST_REDIRECTS }))
    .request({
      origin: url.origin,
      path: `${url.pathname}${url.search}`,
      method: "GET",
      headers: {
        ...(file.token ? { authorization: `Bearer ${file.token.reveal()}` } : {}),
        ...(begun > 0 ? { range: `bytes=${begun}-` } : {}),
      },
      signal,
    });
  const isRest = begun > 0 && statusCode === PARTIAL_CONTENT && startOf(headers["content-range"]) === begun;
  if (statusCode !== 200 && !isRest) {
    body.on("error", () => undefined).destroy();
    // The partial file is as long as the server's file or longer.
    if (begun > 0 && (statusCode === RANGE_NOT_SATISFIABLE || statusCode === PARTIAL_CONTENT)) {
      await rm(file.path, { force: true });
    }
    throw new AnswerError(`${url.host} answered ${statusCode}`);
  }
  const target = createWriteStream(file.path, { flags: isRest ? "a" : "w", mode: 0o644, flush: true });
  await pipeline(body, limitTo(file.longest - (isRest ? begun : 0)), target, { signal });
}

function startOf(contentRange: string | string[] | undefined): number | undefined {
  const [, start] = /^bytes (\d+)-/.exec(String(contentRange)) ?? [];
  return start === undefined ? undefined : Number(start);
}

function limitTo(longest: number): Transform {
  let length = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      length += chunk.length;
      if (length > longest) done(new AnswerError("it is larger than any version of it"));
      else done(undefined, chunk);
    },
  });
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}
