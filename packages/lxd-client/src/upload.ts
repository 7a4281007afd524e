import { randomUUID } from "node:crypto";
import { open } from "node:fs/promises";
import type { Readable } from "node:stream";

/** Content of an upload: in memory, streamed, at most once, or a file of this machine, which is the cheapest. */
export type Bytes = string | Uint8Array | Readable | AsyncIterable<Uint8Array> | HostFile;

/** A file of this machine; it is opened when LXD is ready for it. */
export interface HostFile {
  /** Path of the file. */
  readonly file: string;
}

/** Bytes that are read from a file at a time. */
const CHUNK_BYTES = 1024 * 1024;

/** The content as undici sends it. */
export function bodyOf(content: Bytes): Exclude<Bytes, HostFile> {
  return typeof content === "object" && "file" in content ? chunksOf(content.file) : content;
}

/**
 * Reads a file into one buffer, again and again: the sender asks for more when the kernel has accepted all, and a new
 * buffer for each chunk costs more than reading and sending it. Only a full chunk is sure to make the sender wait.
 */
async function* chunksOf(file: string): AsyncGenerator<Uint8Array, void> {
  const handle = await open(file);
  try {
    let buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES);
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, CHUNK_BYTES);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
      if (bytesRead < CHUNK_BYTES) buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES);
    }
  } finally {
    await handle.close();
  }
}

/** A file in a form. */
export interface FormPart {
  readonly name: string;
  readonly content: Bytes;
}

/** A body and its media type. */
export interface TypedBody {
  readonly contentType: string;
  readonly content: Bytes;
}

/** A streamed multipart/form-data body (RFC 7578) of files, in their order. */
export function multipartForm(parts: readonly FormPart[]): TypedBody {
  const boundary = `lxd-${randomUUID()}`;
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    content: render(parts, boundary),
  };
}

async function* render(parts: readonly FormPart[], boundary: string): AsyncGenerator<Uint8Array, void> {
  for (const { name, content } of parts) {
    yield Buffer.from(
      `--${boundary}\r\ncontent-disposition: form-data; name="${name}"; filename="${name}"\r\n` +
        "content-type: application/octet-stream\r\n\r\n",
    );
    const body = bodyOf(content);
    if (typeof body === "string") yield Buffer.from(body);
    else if (body instanceof Uint8Array) yield body;
    else for await (const chunk of body) yield chunk as Uint8Array;
    yield Buffer.from("\r\n");
  }
  yield Buffer.from(`--${boundary}--\r\n`);
}
