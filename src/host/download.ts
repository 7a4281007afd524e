import { createWriteStream } from "node:fs";
import { rm, stat } from "node:fs/promises";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { interceptors, type Dispatcher } from "undici";
import type { Secret } from "charm-kit";

/** A file to be fetched over HTTP. */
export interface Download {
  readonly url: string;
  /** Sent to the first host alone, not to one that it redirects to. */
  readonly token: Secret | undefined;
  /** Where it is put. What is there already is taken for its beginning. */
  readonly path: string;
  /** Bytes after which it is given up. */
  readonly longest: number;
}

const MOST_REDIRECTS = 5;
const PARTIAL_CONTENT = 206;
const RANGE_NOT_SATISFIABLE = 416;

/** The server answered something that is no file; another attempt would be answered alike. */
export class AnswerError extends Error {}

/**
 * Fetches a file, or the rest of it where its beginning is there. A server that gives no parts gives the whole.
 *
 * What was received stays when it fails; whoever knows the file's checksum checks it.
 */
export async function download(file: Download, dispatcher: Dispatcher, signal: AbortSignal): Promise<void> {
  const begun = await sizeOf(file.path);
  const url = new URL(file.url);
  // GitHub redirects to another host; the interceptor keeps the token from it.
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
    // Nothing of the server's file is beyond what is here: it is none of it, or all.
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
      if (length > longest) done(new AnswerError("it is longer than any version of it"));
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
