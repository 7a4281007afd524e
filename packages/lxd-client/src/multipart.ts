import { randomUUID } from "node:crypto";
import type { Bytes } from "./call.ts";

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
    if (typeof content === "string") yield Buffer.from(content);
    else if (content instanceof Uint8Array) yield content;
    else for await (const chunk of content) yield chunk as Uint8Array;
    yield Buffer.from("\r\n");
  }
  yield Buffer.from(`--${boundary}--\r\n`);
}
