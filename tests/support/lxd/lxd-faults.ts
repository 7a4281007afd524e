import type { LxdFault } from "./fault-proxy.ts";

/** Faults by what a test says of them. */
export type FaultTable = Readonly<Record<string, LxdFault>>;

const error = (status: number, text: string): LxdFault => ({ kind: "error", status, text });

/** What can happen to a request that reads. */
const READS: FaultTable = {
  "breaks before its answer": { kind: "reset" },
  "breaks in its answer": { kind: "half" },
  "is answered by a page": { kind: "garbage" },
  "is answered by another type": { kind: "wrong-type" },
  "is refused with 403": error(403, "not authorized"),
  "is refused with 500": error(500, "Failed to fetch: database is locked"),
  "is refused with 503": error(503, "LXD daemon is shutting down"),
};

/** What can happen to a request that changes something. */
const WRITES: FaultTable = {
  "breaks before LXD does it": { kind: "reset" },
  "breaks after LXD has done it": { kind: "reset", after: true },
  "breaks in its answer": { kind: "half" },
  "is answered by a page after LXD has done it": { kind: "garbage", after: true },
  "is answered by another type": { kind: "wrong-type" },
  "is refused with 404": error(404, "Instance not found"),
  "is refused with 409": error(409, "This resource already exists"),
  "is refused with 500": error(500, "Failed to begin transaction: database is locked"),
  "is refused with 503": error(503, "LXD daemon is shutting down"),
  "fails for lack of space": { kind: "operation-error", text: "write: no space left on device" },
  "fails although LXD has done it": {
    kind: "operation-error",
    text: "context deadline exceeded",
    after: true,
  },
  "stays busy": { kind: "operation-error", text: "Instance is busy running a stop operation" },
  "is forgotten by LXD, which has not done it": { kind: "operation-lost" },
  "is forgotten by LXD, which has done it": { kind: "operation-lost", after: true },
};

/** What can happen to a WebSocket. */
const SOCKETS: FaultTable = {
  "breaks before its answer": { kind: "reset" },
  "is refused with 500": error(500, "Internal Server Error"),
};

/** The faults of a request, by its method and route as `routeOf` gives it. */
export function faultsOf(method: string, route: string): FaultTable {
  if (/\/websocket$|^\/1\.0\/events$/.test(route)) return SOCKETS;
  return method === "GET" ? READS : WRITES;
}
