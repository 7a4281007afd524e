import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import type { ArchiveFile } from "./archive-offer.ts";
import type { FaultKind } from "./faults.ts";

/** Sends an archive of the runner application; a fault may cut it in the middle. */
export async function sendArchive(
  file: ArchiveFile,
  response: ServerResponse,
  fault: FaultKind | undefined,
): Promise<void> {
  if (fault?.kind === "status") {
    response.writeHead(fault.status).end();
    return;
  }
  const { size } = await stat(file.path);
  response.writeHead(200, { "content-type": "application/octet-stream", "content-length": String(size) });
  if (fault?.kind === "truncated") {
    const half = createReadStream(file.path, { end: Math.floor(size / 2) });
    half.on("end", () => response.socket?.resetAndDestroy());
    half.pipe(response, { end: false });
    return;
  }
  await pipeline(createReadStream(file.path), response);
}
