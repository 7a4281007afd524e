/** A tool call, as the shim sends it. */
export interface WireRequest {
  readonly contextId: string;
  readonly directory: string;
  readonly tool: string;
  readonly stdin: Buffer | undefined;
  readonly argv: readonly string[];
}

export interface WireAnswer {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

const LENGTH_BYTES = 4;
const FIXED_FIELDS = 5;

/** Decodes the request in `received`; undefined while it is incomplete. @throws RangeError when it is malformed. */
export function decodeRequest(received: Buffer): WireRequest | undefined {
  if (received.length < LENGTH_BYTES) return undefined;
  const end = LENGTH_BYTES + received.readUInt32BE(0);
  if (received.length < end) return undefined;
  const fields = decodeFields(received.subarray(LENGTH_BYTES, end));
  const [contextId, directory, tool, hasStdin, stdin] = fields;
  if (fields.length < FIXED_FIELDS) throw new RangeError("too few fields");
  return {
    contextId: textOf(contextId),
    directory: textOf(directory),
    tool: textOf(tool),
    stdin: textOf(hasStdin) === "1" ? stdin : undefined,
    argv: fields.slice(FIXED_FIELDS).map(textOf),
  };
}

export function encodeAnswer({ exitCode, stdout, stderr }: WireAnswer): Buffer {
  const code = Buffer.alloc(LENGTH_BYTES);
  code.writeUInt32BE(exitCode);
  return Buffer.concat([code, encodeField(stdout), encodeField(stderr)]);
}

function encodeField(text: string): Buffer {
  const bytes = Buffer.from(text);
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function decodeFields(body: Buffer): readonly Buffer[] {
  const fields: Buffer[] = [];
  for (let at = 0; at < body.length;) {
    const start = at + LENGTH_BYTES;
    const end = start + body.readUInt32BE(at);
    if (end > body.length) throw new RangeError("a field is longer than the request");
    fields.push(body.subarray(start, end));
    at = end;
  }
  return fields;
}

function textOf(field: Buffer | undefined): string {
  return (field ?? Buffer.alloc(0)).toString("utf8");
}
