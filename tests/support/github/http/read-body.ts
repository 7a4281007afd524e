import type { IncomingMessage } from "node:http";

/** Reads a request to its end, as text. */
export async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

/** Parses JSON. @returns undefined for an empty text. @throws SyntaxError */
export function parseJSON(text: string): unknown {
  return text === "" ? undefined : (JSON.parse(text) as unknown);
}
